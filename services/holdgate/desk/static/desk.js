/* What pages can do beyond forms and links: the reader's time zone, and keys of the queue. Pages work without it. */
"use strict";

for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  time.title = time.textContent;
  time.textContent = moment.toLocaleString(undefined, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  });
}

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
