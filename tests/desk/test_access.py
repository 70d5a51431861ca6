"""Who may see and send what: routes and roles, sessions, forms of other sites, proxies, bounds."""

import re
import tracemalloc
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from holdgate.casework.sign_in import DEMO_PEOPLE
from holdgate.desk.guard import HEADERS, MAX_BODY_BYTES
from holdgate.desk.service import check_settings
from holdgate.desk.sessions import IDLE_SECONDS, MAX_SESSION_SECONDS, MAX_SESSIONS, Draft, SessionStore
from holdgate.desk.sign_in_forms import safe_target
from holdgate.desk.web import PAGES
from holdgate.runtime.settings import Settings, SettingsError
from tests.desk.conftest import ORIGIN, RELEASE, DeskRig, attach, hidden_fields
from tests.support.review import PEOPLE


@pytest.mark.parametrize("name", DEMO_PEOPLE)
def test_every_page_is_open_to_its_roles_alone(rig: DeskRig, name: str) -> None:
    """The matrix of routes and roles: each page and form, for each person of the demo."""
    case_id, person = rig.hold(), rig.person(name)
    digest = attach(rig, case_id, b"\xff a file")
    token = hidden_fields(person.get("/lists")).get("token", "")
    for page in PAGES:
        path = page.path.replace("{case_id}", case_id).replace("{entry_id:path}", "ofac:1")
        path = path.replace("{digest}", digest)
        answer = person.http.request(
            page.method, path, data={"token": token} if page.method == "POST" else None
        )
        is_open = bool(set(DEMO_PEOPLE[name]) & page.roles)
        if page.method == "GET":
            assert answer.status_code == (200 if is_open else 403), path
        else:  # without the token of the session, nothing is accepted
            assert answer.status_code == 403, path
        if not is_open and "{case_id}" in page.path:
            assert "Петров" not in answer.text
    assert rig.case(case_id).revision == 2


def test_nobody_sees_anything_without_signing_in(rig: DeskRig) -> None:
    case_id, nobody = rig.hold(), rig.person()
    for page in PAGES:
        path = page.path.replace("{case_id}", case_id).replace("{entry_id:path}", "ofac:1")
        answer = nobody.http.request(page.method, path)
        assert answer.status_code == (303 if page.method == "GET" else 401), path
        assert "Петров" not in answer.text
    assert rig.case(case_id).revision == 1


def test_every_answer_has_the_security_headers(rig: DeskRig) -> None:
    ana = rig.person("ana")
    for path in ("/", "/sign-in", "/nowhere", "/static/desk.css", f"/case/{rig.hold()}"):
        answer = ana.http.get(path)
        for name, value in HEADERS:
            assert answer.headers[name] == value
        assert "server" not in answer.headers
    assert ana.http.get("/").headers["cache-control"] == "no-store"
    assert "max-age" in ana.http.get("/static/desk.css").headers["cache-control"]


def test_pages_have_no_inline_script_or_style(rig: DeskRig) -> None:
    ana = rig.person("ana")
    for path in ("/", "/sign-in", f"/case/{rig.hold()}", "/approvals", "/audit", "/lists", "/entry/ofac:1"):
        page = ana.http.get(path, follow_redirects=True).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
        assert not re.search(r"<style|<script(?! src=)|javascript:", page)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": ORIGIN},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": None, "origin": "https://evil.example"},
        {"sec-fetch-site": None, "origin": "null"},
        {"sec-fetch-site": None},
    ],
)
def test_a_form_of_another_site_is_refused(rig: DeskRig, headers: dict[str, str | None]) -> None:
    case_id, ana = rig.hold(), rig.person("ana")
    fields = hidden_fields(ana.get(f"/case/{case_id}")) | RELEASE
    del ana.http.headers["sec-fetch-site"]
    given = {name: value for name, value in headers.items() if value is not None}
    for path in (f"/case/{case_id}/propose", "/sign-in", "/sign-out"):
        assert ana.http.post(path, data=fields, headers=given).status_code == 403
    assert rig.case(case_id).revision == 1
    assert (
        ana.http.post(f"/case/{case_id}/propose", data=fields, headers={"origin": ORIGIN}).status_code == 303
    )


def test_a_form_of_another_session_is_refused(rig: DeskRig) -> None:
    case_id = rig.hold()
    fields = hidden_fields(rig.person("ana").get(f"/case/{case_id}")) | RELEASE
    assert rig.person("ana").http.post(f"/case/{case_id}/propose", data=fields).status_code == 403


def test_a_cookie_is_worthless_after_sign_out(rig: DeskRig) -> None:
    ana = rig.person("ana")
    cookie = ana.http.cookies["holdgate"]
    assert ana.http.post("/sign-out").status_code == 303
    thief = rig.person()
    thief.http.cookies.set("holdgate", cookie)
    assert thief.http.get("/").headers["location"].startswith("/sign-in")


def test_a_session_that_ends_in_the_middle_of_a_form_keeps_the_text(rig: DeskRig) -> None:
    case_id, ana = rig.hold(), rig.person("ana")
    fields = hidden_fields(ana.get(f"/case/{case_id}")) | RELEASE | {"note": 'Typed "text" & more.'}
    rig.desk.sessions.end(ana.http.cookies["holdgate"])
    answer = ana.http.post(f"/case/{case_id}/propose", data=fields)
    assert answer.status_code == 401
    assert "what you typed will be in the form" in answer.text
    kept = {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in _hidden(answer.text)}
    assert ana.http.post("/sign-in", data=kept | {"name": "ana"}).headers["location"] == f"/case/{case_id}"
    page = ana.get(f"/case/{case_id}")
    assert "Typed &#34;text&#34; &amp; more." in page
    assert 'value="RELEASE:FALSE_POSITIVE" checked' in page
    assert rig.case(case_id).revision == 1
    assert "Typed" not in ana.get(f"/case/{case_id}")


def test_the_cookie_is_for_this_host_and_no_script(rig: DeskRig) -> None:
    answer = rig.person().http.post("/sign-in", data={"name": "ana"})
    assert re.fullmatch(r"holdgate=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", answer.headers["set-cookie"])


def test_a_request_for_another_host_is_refused(rig: DeskRig) -> None:
    answer = rig.person("ana").http.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 421


def test_requests_are_bounded(rig: DeskRig) -> None:
    case_id, ana = rig.hold(), rig.person("ana")
    path = f"/case/{case_id}/note"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert ana.http.post(path, data={"note": "x" * MAX_BODY_BYTES}).status_code == 413
    chunks = (b"x" * 65_536 for _ in range(MAX_BODY_BYTES // 65_536 + 1))
    assert ana.http.post(path, content=chunks, headers=kind).status_code == 413
    assert ana.http.post("/sign-in", data={"name": "x" * MAX_BODY_BYTES}).status_code == 413
    assert ana.http.get("/?q=" + "x" * 9_000).status_code == 414
    many = "&".join(f"f{n}=1" for n in range(2_000))
    assert ana.http.post(path, content=many, headers=kind).status_code == 400
    assert ana.http.post("/sign-in", data={"name": "mallory"}).status_code == 403


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb", "", "x"])
def test_sign_in_leads_nowhere_else(target: str) -> None:
    assert safe_target(target) == "/"
    assert safe_target("/case/1?q=2") == "/case/1?q=2"


def test_sessions_end_when_idle_and_after_a_day_of_work() -> None:
    now = [0.0]
    store = SessionStore(lambda: now[0])
    secret, session = store.start(PEOPLE["ana"], "Ana")
    now[0] = IDLE_SECONDS - 1
    assert store.find(secret) is session
    now[0] += IDLE_SECONDS + 1
    assert store.find(secret) is None
    secret, _ = store.start(PEOPLE["ana"], "Ana")
    started = now[0]
    while now[0] - started <= MAX_SESSION_SECONDS:
        assert store.find(secret)
        now[0] += IDLE_SECONDS / 2
    assert store.find(secret) is None


def test_sessions_are_bounded_and_the_longest_idle_gives_way() -> None:
    store = SessionStore(lambda: 0.0)
    secrets = [store.start(PEOPLE["ana"], "Ana")[0] for _ in range(MAX_SESSIONS)]
    assert store.find(secrets[0])
    store.start(PEOPLE["ben"], "Ben")
    assert len(store) == MAX_SESSIONS
    assert store.find(secrets[0])
    assert store.find(secrets[1]) is None


def test_a_session_with_the_longest_draft_takes_less_than_500_kb() -> None:
    store = SessionStore(lambda: 0.0)
    fields = [(f"note-{n}", chr(0x1F600 + n) * 9_900) for n in range(100)]
    tracemalloc.start()
    try:
        store.start(PEOPLE["ana"], "Ana", Draft("/case/1", fields))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 500_000


PROXY = {
    "desk_sign_in": "proxy",
    "desk_proxies": "10.0.0.7 10.1.0.0/16",
    "desk_groups": "team-a=analyst team-b=approver",
}


@pytest.fixture
def proxied(tmp_path: Path) -> DeskRig:
    """Return a desk behind a proxy; the caller closes nothing but the exit stack of the test."""
    key = tmp_path / "pseudonyms"
    key.write_text("0123456789abcdef" * 2)
    exits = ExitStack()
    rig = DeskRig(tmp_path, exits, pseudonym_key_file=str(key), **PROXY)
    return rig


def test_a_proxy_says_who_somebody_is(proxied: DeskRig) -> None:
    with proxied.exits:
        case_id = proxied.hold()
        named = {"x-forwarded-user": "anna@bank", "x-forwarded-groups": "team-a, other"}
        anna = proxied.person(client=("10.1.2.3", 5000))
        anna.http.headers.update(named)
        page = anna.get(f"/case/{case_id}")
        assert "Demo:" not in page
        anna.post(f"/case/{case_id}/propose", **RELEASE)
        proposal = proxied.case(case_id).proposal
        assert proposal is not None
        assert re.fullmatch(r"u:[0-9a-f]{16}", proposal.by)
        assert anna.http.get("/").status_code == 200
        # Another user through the same browser has another session.
        anna.http.headers["x-forwarded-user"] = "bert@bank"
        anna.http.headers["x-forwarded-groups"] = "team-b"
        anna.post(f"/case/{case_id}/approve")
        assert proxied.case(case_id).stage == "approved"
        del anna.http.headers["x-forwarded-user"]
        assert anna.http.get("/").status_code == 401


def test_headers_of_anybody_else_are_refused(proxied: DeskRig) -> None:
    with proxied.exits:
        thief = proxied.person(client=("10.0.0.8", 5000))
        assert thief.http.get("/").status_code == 401
        for name in ("X-Forwarded-User", "x-forwarded-groups"):
            assert thief.http.get("/", headers={name: "anna@bank"}).status_code == 403
        two = [("x-forwarded-user", "anna"), ("x-forwarded-user", "bert")]
        assert proxied.person(client=("10.0.0.7", 1)).http.get("/", headers=two).status_code == 401
        stranger = proxied.person(client=("10.0.0.7", 1)).http.get("/", headers={"x-forwarded-user": "carl"})
        assert stranger.status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"desk_sign_in": "demo", "desk": "0.0.0.0:80", "desk_origin": "http://127.0.0.1"},
        {"desk_sign_in": "demo", "desk_origin": "https://desk.example"},
        {"desk_sign_in": "demo-in-container", "desk": "0.0.0.0:80", "desk_origin": "https://desk.example"},
        {"desk_sign_in": "proxy", "desk_origin": "http://desk.example"},
    ],
)
def test_a_desk_that_would_be_open_to_others_does_not_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        check_settings(replace(Settings(), **wrong))


@pytest.mark.parametrize(
    "right",
    [
        {"desk_sign_in": "demo"},
        {"desk_sign_in": "demo", "desk": "[::1]:80"},
        {"desk_sign_in": "demo-in-container", "desk": "0.0.0.0:80", "desk_origin": "http://localhost:6080"},
        {"desk_sign_in": "proxy", "desk": "0.0.0.0:80", "desk_origin": "https://desk.example"},
    ],
)
def test_a_desk_that_is_not_open_to_others_starts(right: dict[str, str]) -> None:
    check_settings(replace(Settings(), **right))


@pytest.mark.parametrize(
    "wrong",
    [
        {"desk_proxies": ""},
        {"desk_proxies": "nonsense"},
        {"desk_groups": "team"},
        {"desk_groups": "a=review"},
    ],
)
def test_wrong_settings_of_a_proxy_are_named(tmp_path: Path, wrong: dict[str, str]) -> None:
    key = tmp_path / "pseudonyms"
    key.write_text("0123456789abcdef" * 2)
    with ExitStack() as exits, pytest.raises(SettingsError, match=next(iter(wrong)).upper()):
        DeskRig(tmp_path, exits, **PROXY | {"pseudonym_key_file": str(key)} | wrong)


def _hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page)
