"use strict";

// The invitation: its link to the login takes the token along, in the fragment, which is not sent.
const staff = document.getElementById("staff");
if (staff !== null) staff.hash = location.hash;

// The login: a token that came along is filled in, and taken from the address line.
const field = document.getElementById("invitation");
if (field !== null && location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

// The live page: what has no links and nothing to open is fetched again while somebody looks at it.
const live = [...document.querySelectorAll("[data-live]")];
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of live) {
      const now = page.getElementById(old.id);
      if (now !== null) old.replaceChildren(...now.childNodes);
    }
  } catch {
    // the network or the session is gone: what is shown says its own time
  }
}
if (live.length > 0) setInterval(refresh, 20000);
