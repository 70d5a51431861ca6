"""Sign-in with OpenID Connect, by a browser on the desk and by the device flow for the command line."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from click.testing import CliRunner
from joserfc.jwk import OctKey, RSAKey

from deploy.local.ports import free_port
from holdgate.adapters.oidc.issuer import OidcError, OidcIssuer
from holdgate.casework.oidc_people import ID_TOKEN_FILE, OidcPeople
from holdgate.casework.sign_in import sign_in
from holdgate.cli.main import main
from holdgate.core.review.identity import pseudonym
from holdgate.desk.sessions import MAX_DRAFT_CHARACTERS, Draft
from holdgate.runtime.settings import Settings, SettingsError, from_environ
from tests.desk.conftest import RELEASE, DeskRig, Person, hidden_fields
from tests.support.browser import Reader, open_browser, served
from tests.support.oidc_issuer import CLIENT, SECRET, USER_CODE, SmallIssuer

KEY = "0123456789abcdef" * 2
PORT = free_port()
BACK = f"http://127.0.0.1:{PORT}/sign-in/back"


@pytest.fixture(scope="module")
def running() -> Iterator[SmallIssuer]:
    with SmallIssuer(BACK).served() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: SmallIssuer) -> SmallIssuer:
    """Return the issuer as it is when it is honest."""
    fresh = SmallIssuer(BACK)
    kept = ("address", "key", "signing_key")
    vars(running).update({name: value for name, value in vars(fresh).items() if name not in kept})
    running.signing_key = running.key
    return running


def oidc_settings(folder: Path, issuer: SmallIssuer) -> dict[str, Any]:
    """Return settings with which people sign in at the issuer."""
    (folder / "pseudonyms").write_text(KEY)
    (folder / "client").write_text(SECRET)
    return {
        "oidc_issuer": issuer.address,
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": str(folder / "client"),
        "pseudonym_key_file": str(folder / "pseudonyms"),
        "desk_groups": "team-a=analyst team-b=approver",
    }


@pytest.fixture
def desk(tmp_path: Path, issuer: SmallIssuer) -> Iterator[DeskRig]:
    """Yield a desk on which the issuer signs people in."""
    given = oidc_settings(tmp_path, issuer) | {"desk": f"127.0.0.1:{PORT}", "desk_sign_in": "oidc"}
    with ExitStack() as exits:
        yield DeskRig(tmp_path, exits, **given)


def browse(desk: DeskRig) -> Person:
    """Return a browser in which nobody is signed in."""
    person = desk.person(base_url=desk.settings.desk_url)
    return person


def agree(address: str) -> str:
    """Follow the browser to the issuer; return where it is sent back to, without the origin."""
    answer = httpx2.get(address)
    assert answer.status_code == 302, answer.text
    back = answer.headers["location"]
    assert back.startswith(BACK)
    return str(back.removeprefix(BACK.removesuffix("/sign-in/back")))


def begin(person: Person, path: str = "/") -> str:
    """Ask for a page, be sent to sign in, agree; return the address to which the issuer sends the browser."""
    first = person.http.get(path)
    assert first.status_code == 303
    return agree(person.http.get(first.headers["location"]).headers["location"])


def test_the_issuer_says_who_somebody_is(desk: DeskRig, issuer: SmallIssuer) -> None:
    case_id, anna = desk.hold(), browse(desk)
    answer = anna.http.get(begin(anna, f"/case/{case_id}?a=b"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/case/{case_id}?a=b")
    page = anna.get(f"/case/{case_id}")
    assert "Anna Analyst" in page
    assert "Demo:" not in page
    anna.post(f"/case/{case_id}/propose", **RELEASE)
    case = desk.case(case_id)
    assert case.proposal is not None
    assert case.proposal.by == pseudonym(KEY.encode(), issuer.address, "4711")
    # An approver in another browser, and the analyst's own attempt under the same subject.
    issuer.person |= {"groups": ["team-b", "others"]}
    again = browse(desk)
    again.http.get(begin(again))
    assert "/approve" not in again.get(f"/case/{case_id}")
    issuer.person |= {"sub": "4712", "name": "Bert\u202e Approver", "groups": "team-b"}
    bert = browse(desk)
    bert.http.get(begin(bert))
    bert.post(f"/case/{case_id}/approve")
    case = desk.case(case_id)
    assert (case.stage, case.approvals[0].by.method) == ("approved", "oidc")
    assert case.approvals[0].by.auth_time is not None
    assert "Bert Approver" in bert.get("/")


def test_each_sign_in_has_its_own_state_nonce_and_challenge(desk: DeskRig, issuer: SmallIssuer) -> None:
    for _ in range(2):
        browser = browse(desk)
        begin(browser)
        cookie = browser.http.cookies["holdgate-sign-in"].partition(".")[0]
        assert cookie not in json.dumps(issuer.asked)
    for name in ("state", "nonce", "code_challenge"):
        values = {asked[name] for asked in issuer.asked}
        assert len(values) == 2
        assert all(len(value) == 43 for value in values)


def test_a_sign_in_belongs_to_the_browser_that_began_it(desk: DeskRig) -> None:
    victim, attacker = browse(desk), browse(desk)
    back = begin(attacker)
    for other in (victim, browse(desk)):
        answer = other.http.get(back)
        assert answer.status_code == 403
        assert "not begun in this browser" in answer.text
        begin(other)  # a cookie of its own does not help
        assert other.http.get(back).status_code == 403
        assert other.http.get("/").status_code == 303
    assert attacker.http.get(back).status_code == 303
    assert attacker.http.get(back).status_code == 403, "a sign-in ends once"


def test_a_code_is_good_once(desk: DeskRig) -> None:
    anna = browse(desk)
    back = begin(anna)
    cookie = anna.http.cookies["holdgate-sign-in"]
    assert anna.http.get(back).status_code == 303
    anna.http.cookies.set("holdgate-sign-in", cookie, path="/")
    assert anna.http.get(back).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["another client", "a third"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 4711},
        {"sub": "x" * 201},
        {"groups": ["team-c"]},
        {"groups": {"team-a": True}},
        {"groups": None},
        {"auth_time": "yesterday"},
        {"at_hash": "another"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_signs_nobody_in(
    desk: DeskRig, issuer: SmallIssuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    anna = browse(desk)
    answer = anna.http.get(begin(anna))
    assert answer.status_code == 403, answer.text
    assert "holdgate=" not in answer.headers.get("set-cookie", "")
    assert len(desk.desk.sessions) == 0


def test_only_the_issuers_own_key_signs(desk: DeskRig, issuer: SmallIssuer) -> None:
    forged: list[tuple[RSAKey | OctKey, str]] = [
        (RSAKey.generate_key(2048, {"kid": "one"}), "RS256"),
        (OctKey.import_key(SECRET), "HS256"),
    ]
    for key, algorithm in forged:
        issuer.signing_key, issuer.algorithm = key, algorithm
        anna = browse(desk)
        assert anna.http.get(begin(anna)).status_code == 403
    header, payload, _ = issuer.id_token().split(".")
    none = header.replace(header, "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0")
    with pytest.raises(OidcError):
        OidcIssuer(desk.settings).read_id_token(f"{none}.{payload}.")


def test_what_an_issuer_may_answer_instead(desk: DeskRig, issuer: SmallIssuer) -> None:
    anna = browse(desk)
    for change in ("error=access_denied", "code=", f"code={'x' * 5000}", "code=guessed"):
        state = parse_qs(urlsplit(begin(anna)).query)["state"][0]
        assert anna.http.get(f"/sign-in/back?state={state}&{change}").status_code == 403
    back = begin(anna)
    assert anna.http.get(re.sub("iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)).status_code == 403
    wrong: list[dict[str, Any]] = [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "ftp://localhost/token"},
        {"jwks_uri": None},
    ]
    for metadata in wrong:
        issuer.metadata = metadata
        with pytest.raises(OidcError):
            OidcIssuer(desk.settings).read_id_token(issuer.id_token())


def test_what_was_typed_before_a_session_ended_is_in_the_form_again(desk: DeskRig) -> None:
    case_id, anna = desk.hold(), browse(desk)
    anna.http.get(begin(anna))
    fields = hidden_fields(anna.get(f"/case/{case_id}")) | RELEASE | {"note": "Typed text."}
    desk.desk.sessions.end(anna.http.cookies["holdgate"])
    ended = anna.http.post(f"/case/{case_id}/propose", data=fields)
    assert ended.status_code == 401
    kept = {name: unescape(value) for name, value in hidden_fields(ended.text).items()}
    leads = anna.http.post("/sign-in", data=kept)
    assert leads.status_code == 200, "a form may not be redirected to another site"
    address = unescape(re.findall(r'content="0;url=([^"]+)"', leads.text)[0])
    assert anna.http.get(agree(address)).headers["location"] == f"/case/{case_id}"
    page = anna.get(f"/case/{case_id}")
    assert "Typed text." in page
    assert "not sent" in page
    assert desk.case(case_id).revision == 1
    assert anna.http.post("/sign-in", data=kept, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_drafts_are_bounded() -> None:
    draft = Draft("/", [("a", "x" * 1_000), ("b", "y" * MAX_DRAFT_CHARACTERS), ("c", "z")])
    assert [name for name, _ in draft.fields] == ["a"]


def test_signing_out_ends_both_sessions(desk: DeskRig, issuer: SmallIssuer) -> None:
    anna = browse(desk)
    anna.http.get(begin(anna))
    cookie = anna.http.cookies["holdgate"]
    assert anna.http.post("/sign-out", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    answer = anna.http.post("/sign-out")
    address = urlsplit(unescape(re.findall(r'content="0;url=([^"]+)"', answer.text)[0]))
    query = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{issuer.address}/end"
    assert query["post_logout_redirect_uri"] == [f"{desk.settings.desk_url}/signed-out"]
    assert query["client_id"] == [CLIENT]
    assert "id_token_hint" in query
    anna.http.cookies.set("holdgate", cookie, path="/")
    assert anna.http.get("/").status_code == 303
    assert "You are signed out" in anna.get("/signed-out")


def test_an_issuer_that_does_not_answer_is_named(tmp_path: Path, issuer: SmallIssuer) -> None:
    gone = oidc_settings(tmp_path, issuer) | {"oidc_issuer": f"http://localhost:{free_port()}"}
    with ExitStack() as exits:
        desk = DeskRig(tmp_path, exits, desk=f"127.0.0.1:{PORT}", desk_sign_in="oidc", **gone)
        answer = browse(desk).http.get("/sign-in")
        assert answer.status_code == 503
        assert "does not answer" in answer.text


@pytest.mark.parametrize("missing", ["oidc_issuer", "oidc_client_id", "pseudonym_key_file"])
def test_a_missing_setting_is_named(tmp_path: Path, issuer: SmallIssuer, missing: str) -> None:
    given = {name: value for name, value in oidc_settings(tmp_path, issuer).items() if name != missing}
    with pytest.raises(SettingsError, match=missing.upper()):
        OidcPeople(Settings(**given))


def test_the_issuers_address_is_https_or_loopback() -> None:
    for address in ("https://sso.bank.example/realms/one", "http://localhost:1234", "http://127.0.0.1/a"):
        from_environ({"HOLDGATE_OIDC_ISSUER": address})
    for address in ("http://sso.bank.example", "http://localhost.evil.example", "https://a?b", "ftp://a"):
        with pytest.raises(SettingsError):
            from_environ({"HOLDGATE_OIDC_ISSUER": address})


@pytest.mark.slow
def test_in_a_browser_from_the_queue_to_the_issuer_and_back(desk: DeskRig, issuer: SmallIssuer) -> None:
    """Chromium holds the content policy against redirects of forms, and cookies against other sites."""
    case_id = desk.hold()
    with open_browser() as browser, served(desk.desk):
        anna = Reader(browser, desk.settings.desk_url)
        anna.go(f"/case/{case_id}")
        anna.page.wait_for_selector("article.match")
        assert "Anna Analyst" in anna.text("header.top")
        anna.page.fill("#decision-note", "Typed text.")
        desk.desk.sessions.end(next(c["value"] for c in anna.context.cookies() if c["name"] == "holdgate"))
        anna.send("#decision")
        with anna.page.expect_navigation(url=f"**/case/{case_id}"):
            anna.page.click("form.people button")
        assert anna.page.input_value("#decision-note") == "Typed text."
        anna.page.click("form.me button")
        anna.page.wait_for_url("**/signed-out")
        # A session that ended is answered with 401, which Chromium reports.
        assert [line for line in anna.console if "401" not in line] == []
        anna.console.clear()
        anna.close()


@pytest.fixture
def terminal(tmp_path: Path, issuer: SmallIssuer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a terminal whose user signs in at the issuer."""
    given = oidc_settings(tmp_path, issuer) | {"review_sign_in": "oidc", "data": str(tmp_path / "data")}
    for name, value in given.items():
        monkeypatch.setenv(f"HOLDGATE_{name.upper()}", value)
    return Settings(**given)


def test_a_terminal_signs_in_by_another_devices_browser(terminal: Settings, issuer: SmallIssuer) -> None:
    issuer.device_answers = ["authorization_pending"]
    result = CliRunner().invoke(main, ["cases", "sign-in"])
    assert result.exit_code == 0, result.output
    assert f"{issuer.address}/enter and enter the code {USER_CODE}" in result.stderr
    user = pseudonym(KEY.encode(), issuer.address, "4711")
    assert result.stdout == f"signed in: {user}, analyst\n"
    actor = sign_in(terminal)
    assert (actor.user, actor.roles, actor.method) == (user, ("analyst",), "oidc")
    stored = Path(terminal.data) / ID_TOKEN_FILE
    assert stored.stat().st_mode & 0o077 == 0
    issuer.key, before = RSAKey.generate_key(2048, {"kid": "one"}), issuer.key
    with pytest.raises(OidcError, match="sign-in"):
        sign_in(terminal)
    issuer.key = before
    CliRunner().invoke(main, ["cases", "sign-out"])
    with pytest.raises(OidcError, match="holdgate cases sign-in"):
        sign_in(terminal)


@pytest.mark.parametrize("error", ["access_denied", "expired_token", "invalid_grant"])
def test_a_device_flow_that_is_refused_ends(terminal: Settings, issuer: SmallIssuer, error: str) -> None:
    client, waits = OidcIssuer(terminal), list[float]()
    issuer.device_answers = ["slow_down", "authorization_pending", error]
    with pytest.raises(OidcError, match=error):
        client.await_device(client.begin_device(), waits.append)
    assert waits == [1, 6, 6]


def test_a_device_code_that_nobody_enters_expires(terminal: Settings, issuer: SmallIssuer) -> None:
    client = OidcIssuer(terminal)
    issuer.device_answers = ["authorization_pending"] * 100
    with pytest.raises(OidcError, match="in time"):
        client.await_device(client.begin_device(), lambda _: None)
    issuer.metadata = {"device_authorization_endpoint": None}
    with pytest.raises(OidcError, match="no device flow"):
        OidcIssuer(terminal).begin_device()


def test_sign_in_by_terminal_needs_its_setting() -> None:
    result = CliRunner().invoke(main, ["cases", "sign-in"])
    assert result.exit_code != 0
    assert "HOLDGATE_REVIEW_SIGN_IN=oidc" in result.stderr
