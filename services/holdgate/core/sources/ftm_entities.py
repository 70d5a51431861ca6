"""FollowTheMoney: entities of a file; what documents, assets, addresses and sanctions say about a party.

Passports, wallets, bank accounts and securities are entities of their own, which refer to their holder.
"""

from collections.abc import Iterator, Sequence

import msgspec

from holdgate.core.model.listed_entry import IdType, ListedAddress, ListedId
from holdgate.core.sources.countries import country
from holdgate.core.sources.dates import iso_dates
from holdgate.core.sources.source import ListError, SourceFile, distinct_values

ASSETS: dict[str, dict[str, IdType]] = {
    "CryptoWallet": {"publicKey": "wallet", "accountId": "other"},
    "BankAccount": {"iban": "other", "bban": "other", "accountNumber": "other"},
    "Security": {"isin": "other"},
}
DOCUMENTS: dict[str, dict[str, IdType]] = ASSETS | {
    "Passport": {"number": "passport"},
    "Identification": {"number": "national_id"},
}
_ADDRESS_PARTS = ("postOfficeBox", "street", "street2", "city", "postalCode", "region", "state")
_HOLDERS = ("holder", "issuer", "owner")


class FtmEntity(msgspec.Struct, frozen=True):
    """An entity: a party, or something that refers to one. Each property has a list of values."""

    id: str
    schema: str
    properties: dict[str, list[str]]
    caption: str = ""


def read_entities(file: SourceFile) -> Iterator[tuple[int, FtmEntity]]:
    """Yield the line number and entity of each line; raise ListError for a line that is none."""
    decoder = msgspec.json.Decoder(FtmEntity)
    for line, text in enumerate(file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            yield line, decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ListError(
                file.name, line, f"not a FollowTheMoney entity ({error}): the file is cut or damaged"
            ) from error


def holders(thing: FtmEntity) -> Iterator[str]:
    """Yield the ids of the parties that hold a document or asset, or issued a security."""
    for name in _HOLDERS:
        yield from thing.properties.get(name, [])


def listed_address(place: FtmEntity) -> ListedAddress | None:
    """Return the address of an entity of schema Address, in full or else its parts; None if it has none."""
    properties = place.properties
    parts = [text for name in _ADDRESS_PARTS for text in properties.get(name, [])]
    text = " ".join((properties.get("full") or [", ".join(parts)])[0].split())
    code = next(iter(properties.get("country", [])), None)
    return ListedAddress(text, country(code) if code else None) if text else None


def programs_of(thing: FtmEntity, sanctions: Sequence[FtmEntity]) -> tuple[str, ...]:
    """Return the programmes of an entity: the ids that it or its sanctions state, else their names."""
    programs = [text for item in (*sanctions, thing) for text in item.properties.get("programId", [])]
    return distinct_values(
        programs or [text for item in sanctions for text in item.properties.get("program", [])]
    )


def listed_on(sanctions: Sequence[FtmEntity]) -> str | None:
    """Return the earliest date of the sanctions, None if they have none."""
    days = (
        iso_dates(text)
        for item in sanctions
        for name in ("listingDate", "startDate")
        for text in item.properties.get(name, [])
    )
    return min((day for day in days if day is not None), default=None)


def document_ids(document: FtmEntity) -> Iterator[ListedId]:
    """Yield the numbers of a document or asset."""
    is_asset = document.schema in ASSETS  # the country of an asset is that of a bank or a market
    issuer = None if is_asset else next(iter(document.properties.get("country", [])), None)
    note = next(iter(document.properties.get("currency", [])), None)
    for name, kind in DOCUMENTS[document.schema].items():
        for text in document.properties.get(name, []):
            yield ListedId(
                kind, text, country(issuer) if issuer else None, note or (name if is_asset else None)
            )
