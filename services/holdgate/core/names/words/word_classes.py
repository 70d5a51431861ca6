"""Word classes: particles, titles, legal forms and the words of payment forms.

First stage of name matching (analysis). The class of a token decides how much it weighs: a particle or a
legal form identifies nobody. Which words have a class depends on the group of the name.
"""

from typing import Literal, get_args

from holdgate.core.model.listed_entry import EntryType

Group = Literal["person", "entity", "vessel"]
"""How a name is analysed and weighed: as a person's, as a company's, or as that of a ship or aircraft."""
GROUPS: tuple[Group, ...] = get_args(Group)
"""The groups in the order of their numbers in an index."""
GROUPS_OF_TYPE: dict[EntryType, tuple[Group, ...]] = {
    "person": ("person",),
    "entity": ("entity",),
    "vessel": ("vessel",),
    "aircraft": ("vessel",),
    "unknown": ("person", "entity"),
}
"""The groups in which a name of each party type is indexed, and in which a query of that type is searched."""
OTHER_GROUPS_OF_TYPE: dict[EntryType, tuple[Group, ...]] = {
    "person": ("entity",),
    "entity": ("person",),
    "vessel": ("entity",),
    "aircraft": ("entity",),
    "unknown": (),
}
"""The groups that are searched beside them, as the type of a party is only what a sender says. Ships are
called by ordinary words: a party's name meets theirs in the same words only."""
TokenClass = Literal["word", "initial", "number", "particle", "title", "legal", "filler"]

PARTICLES = frozenset(
    "abi abou abu al and as ben bin bint binti da das de del della den der di do dos du e el et for i ibn "
    "im in la las le los of te ter the ul um umm und van von y zu zur".split()
)
"""Articles, prepositions and the words between a name and its father's."""
TITLES = frozenset(
    "admiral aka alhaj alhaji alias ayatollah brig brigadier capt captain cheikh cmdr col colonel "
    "commander comrade doctor don dona dr eng engineer esq esquire fka frau gen general gospodin gospozha "
    "hadji haj haji hajj hajji herr hojjatoleslam hon honorable honourable hr imam ing jr junior king lady "
    "lieutenant lord lt madam madame maj major maulavi maulawi maulvi mawlawi minister miss mister mme "
    "molvi monsieur mr mrs ms mulla mullah pan pani prasident president presidente prince princess prof "
    "professor qari queen rev reverend sayed sayyed sayyid senator senior senor senora seyed seyyed "
    "shaikh shaykh sheik sheikh sir sr sra syed ustad ustadh".split()
)
"""Titles and honorifics, except those that are just as often names (Said, Amir, Sultan)."""
LEGAL = frozenset(
    "ab ad ag aktiengesellschaft aktsionernoe aktsionernoye anonima ao assoc beschrankter bhd bv ca cia "
    "cjsc closed co coltd compania company coop corp corporation cv dmcc doo dooel ei eirl eood est "
    "establishment firma fzco fze gesellschaft gmbh gp haftung inc incorporated ip joint jsc kg kk "
    "kompaniya korporatsiya liability limitada limited llc llp lp ltd ltda mit nv oao obschestvo "
    "obshchestvo ogranichennoi ogranichennoy ojsc ood ooo open otkrytoe otvetstvennostyu oy pao pjsc pk "
    "plc private proprietary pt pte pty public publichnoe rl sa sac sarl sas sdn sl slu sociedad societe "
    "sp spa srl srls sro stock tbk tov vennootschap zakrytoe zao".split()
)
"""Legal forms that rigour's table of company forms does not replace, and the words they consist of."""
_COMPANY = (
    "compagnie companhia companie companies coy kampani kampanii kompania kompanija kompanii kompaniia "
    "kompaniyi kongsi sharikat sherkat sherkate shirkat sirket sirketi sirketleri spolecnost spolka"
)
_CORPORATION = (
    "corpn corporacao corporacion corporations korporacija korporasi korporation korporatsiia korporatsiya"
)
MIN_CUT_LEGAL, MIN_LEGAL_TO_CUT = 5, 7
"""Letters that are left of a legal word that is cut, or without its vowels, and that it has in full."""


def _shortened(word: str) -> set[str]:
    """Return what is left of a legal word that is cut, or whose vowels are left out: liabi, cmpny."""
    consonants = word[0] + "".join(char for char in word[1:] if char not in "aeiou")
    cut = {word[:size] for size in range(MIN_CUT_LEGAL, len(word))}
    return cut | {short for short in (consonants, consonants.replace("y", "")) if len(short) >= 4}


LONG_LEGAL = frozenset(word for word in LEGAL if len(word) >= MIN_LEGAL_TO_CUT)
"""Legal words that are recognised although there is a blank inside (COMPA NY)."""
LEGAL_BEGINNINGS = frozenset(word[:size] for word in LONG_LEGAL for size in range(1, len(word)))
LEGAL_VARIANTS = {
    **{
        short: word
        for word in sorted(LEGAL)
        if len(word) >= MIN_LEGAL_TO_CUT
        for short in sorted(_shortened(word) - LEGAL)
    },
    **dict.fromkeys(_COMPANY.split(), "company"),
    **dict.fromkeys(("corporation", *_CORPORATION.split()), "corp"),
    "limitada": "ltda",
}
"""Legal words in other languages, cut or without vowels, and the variant that stands for them: 11420
CORPORATION is listed as 11420 CORP."""
COMPANY_FORMS = frozenset({"llc", "jsc", "lp", "llp", "gp"})
"""The comparable forms to which rigour's table reduces the legal forms of all countries."""
LEGAL_FORMS = LEGAL | COMPANY_FORMS
"""Legal forms as they are written and as they are compared."""
FILLERS = frozenset(
    "account acct attention attn beneficiary bic branch client customer department dept favor favour iban "
    "inv invoice number office order payment ref reference swift transfer".split()
)
"""Words that payment forms print next to a name; they identify nobody."""
VESSEL_WORDS = frozenset(
    "callsign call cargo flag imo motor mt mtr mv mts ms oil sign ship ss tanker vessel".split()
)
"""Words before and after a ship's name; a listed name that has one lacks little without it."""
PLACES = frozenset(
    "abu africa african america american amsterdam ankara arab arabia asia asian athens austria bahrain "
    "baku bangkok beijing beirut belgium berlin bogota brazil britain british brussels bucharest budapest "
    "bulgaria cairo canada caracas chicago china colombia congo copenhagen cyprus damascus delhi deutschland "
    "dhabi dubai dublin emirates england espana europe european france frankfurt geneva germany ghana greece "
    "guangzhou hamburg hong hongkong india indonesia iran iraq ireland istanbul italia italy jakarta japan "
    "jeddah jordan karachi kenya kiev kong kuwait kyiv lagos lebanon lima lisbon london luxembourg madrid "
    "malaysia malta manila mexico miami milan milano minsk monaco moscow moskva mumbai munich nairobi "
    "netherlands nigeria norway oman oslo pakistan panama paris petersburg poland prague qatar riyadh roma "
    "romania rome russia russian saudi seoul shanghai shenzhen singapore sofia spain stockholm swiss "
    "switzerland sydney syria taipei taiwan tashkent tehran tokyo toronto turkey turkiye uae uk ukraine usa "
    "uzbekistan vienna vietnam warsaw wien yemen york zurich".split()
)
"""Countries, and cities that company branches are named after: they tell the branch, not the company."""
PLACES_OF_TWO_WORDS = frozenset(
    "abu dhabi/asia pacific/central asia/costa rica/cote ivoire/el salvador/far east/hong kong/latin america/"
    "middle east/near east/new delhi/new york/new zealand/north africa/north america/puerto rico/"
    "san francisco/saudi arabia/south africa/south america/south asia/south korea/sri lanka/tel aviv/"
    "united arab/united kingdom/united states/west africa".split("/")
)
"""The same in two words, which together tell one place."""
FIRST_WORDS_OF_PLACES = frozenset(place.split()[0] for place in PLACES_OF_TWO_WORDS)
_NO_PERSON = frozenset("llc ltd inc corp gmbh jsc company limited group holding trading corporation".split())

CLASSED_WORDS: dict[Group, frozenset[str]] = {
    "person": PARTICLES | FILLERS | TITLES | _NO_PERSON,
    "entity": PARTICLES | FILLERS | LEGAL,
    "vessel": PARTICLES | FILLERS | LEGAL | VESSEL_WORDS,
}
"""The words that are no ordinary ones in names of each group."""


def word_class(form: str, group: Group) -> TokenClass:
    """Return the class of a romanised form in names of the group.

    A legal form is an ordinary word in a person's name, and so is a title in a company's.
    """
    if form.isdigit():
        return "number"
    if len(form) == 1:
        return "initial"
    if form in PARTICLES:
        return "particle"
    if form in FILLERS or (group == "vessel" and form in VESSEL_WORDS):
        return "filler"
    if group == "person":
        if form in TITLES:
            return "title"
        return "filler" if form in _NO_PERSON else "word"
    return "legal" if form in LEGAL else "word"
