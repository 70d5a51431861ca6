/* What pages can do beyond forms and links: the reader's time zone, keys of the queue, and the live page. Pages work
   without it. */
"use strict";

const DAY_AND_MINUTE = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
const SECOND = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (time.title || Number.isNaN(moment.valueOf())) continue;
    time.title = time.textContent;
    time.textContent =
      "second" in time.dataset
        ? moment.toLocaleTimeString(undefined, SECOND)
        : moment.toLocaleString(undefined, DAY_AND_MINUTE);
  }
}
localise(document);

const targets = Array.from(document.querySelectorAll("tr.row a.target"));
let at = -1;

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.getElementById("q");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if ((event.key === "j" || event.key === "k") && targets.length) {
    const focused = targets.indexOf(document.activeElement);
    at = focused >= 0 ? focused : at;
    at = Math.min(targets.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
    targets[at].focus();
    targets[at].scrollIntoView({ block: "nearest" });
  }
});

/* A refusal is beside its field: go there. */
const wrong = document.querySelector('[aria-invalid="true"]');
if (wrong) wrong.focus();

/* The live page: the server sends parts of it as HTML, which it has escaped as it does whole pages. */
const MAX_ROWS = 30;
const decisions = document.getElementById("decisions");

function follow(body) {
  const state = document.getElementById("stream-state");
  const pause = document.getElementById("stream-pause");
  const address = new URL(body.dataset.stream, location.href);
  let source = null;

  function open() {
    source = new EventSource(address);
    source.addEventListener("open", () => { state.textContent = "Updated as it happens."; });
    source.addEventListener("error", () => { state.textContent = "The connection is lost; trying again."; });
    source.addEventListener("figures", (event) => {
      const figures = document.getElementById("figures");
      figures.innerHTML = event.data;
      localise(figures);
    });
    source.addEventListener("decisions", (event) => {
      for (const row of body.rows) row.classList.remove("new");
      body.insertAdjacentHTML("afterbegin", event.data);
      address.searchParams.set("after", event.lastEventId);
      document.getElementById("feed-problem")?.remove();
      localise(body);
      while (body.rows.length > MAX_ROWS) body.deleteRow(-1);
    });
    source.addEventListener("full", () => close("Updated by reload: too many windows are open."));
    source.addEventListener("ended", () => close("Your session or the desk has ended: load the page again."));
  }

  function close(text) {
    source.close();
    source = null;
    state.textContent = text;
    pause.hidden = text !== "Paused.";
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    if (source) close("Paused.");
    else open();
    pause.textContent = source ? "Pause" : "Continue";
  });
  open();
}
if (decisions) follow(decisions);
