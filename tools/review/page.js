// SPDX-License-Identifier: LGPL-2.1-or-later
// The folder is asked once a second, and only what has changed is changed here, so that a focus, a
// sound that plays and a reason that is being written stay.
"use strict";

const interval = 1000;
const urgent = 30;
const kinds = { png: "Picture", wav: "Sound", txt: "Text" };

const by = (id) => document.getElementById(id);
const state = { csrf: sessionStorage.getItem("csrf") ?? "", offset: 0, cards: new Map(), polling: 0, told: "" };

// --- requests ---

// What the server says, and its status; status 0 where it cannot be reached.
async function ask(path, body) {
  const options = { cache: "no-store", credentials: "same-origin" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json", "X-CSRF-Token": state.csrf };
    options.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, options);
    return { status: answer.status, said: await answer.json() };
  } catch {
    return { status: 0, said: { error: "The server cannot be reached" } };
  }
}

function tell(text) {
  by("status").textContent = text;
}

function trouble(text) {
  if (by("trouble").textContent !== text) by("trouble").textContent = text;
}

// --- an item ---

function describe(item) {
  const score = item.score === undefined ? "" : `, ${item.score.toFixed(2)}`;
  return `${kinds[item.media] ?? "Item"} ${item.number}: ${item.label ?? "no label"}${score}`;
}

function duration(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60];
  const digits = (n) => String(n).padStart(2, "0");
  return parts[0] > 0
    ? `${parts[0]}:${digits(parts[1])}:${digits(parts[2])}`
    : `${parts[1]}:${digits(parts[2])}`;
}

function addFact(list, name, value, className) {
  const term = document.createElement("dt");
  const fact = document.createElement("dd");
  term.textContent = name;
  fact.textContent = value;
  if (className) fact.className = className;
  list.append(term, fact);
}

async function showText(place, path) {
  try {
    const answer = await fetch(path, { cache: "no-store" });
    place.textContent = answer.ok ? await answer.text() : "This text cannot be shown";
  } catch {
    place.textContent = "This text cannot be shown";
  }
}

function showMedia(place, item) {
  // Another item of this number is not shown by what is kept of this one.
  const path = `/items/${item.number}?${item.identity}`;
  const name = `${kinds[item.media] ?? "Item"} ${item.number}, held for ${item.label ?? "no label"}`;
  if (item.media === "png") {
    const image = document.createElement("img");
    image.loading = "lazy";
    image.alt = name;
    image.src = path;
    place.append(image);
  } else if (item.media === "wav") {
    const sound = document.createElement("audio");
    sound.controls = true;
    sound.preload = "none";
    sound.setAttribute("aria-label", name);
    sound.src = path;
    place.append(sound);
  } else if (item.media === "txt") {
    const text = document.createElement("pre");
    text.tabIndex = 0;
    text.setAttribute("role", "region");
    text.setAttribute("aria-label", name);
    place.append(text);
    showText(text, path);
  } else {
    place.textContent = "This item cannot be shown";
  }
}

function makeCard(item) {
  const card = by("item").content.firstElementChild.cloneNode(true);
  const title = card.querySelector("h2");
  const facts = card.querySelector("dl");
  const form = card.querySelector("form");

  card.dataset.number = item.number;
  title.id = `title-${item.number}`;
  title.textContent = describe(item);
  card.setAttribute("aria-labelledby", title.id);
  for (const [action, word] of [["approve", "Approve"], ["reject", "Reject"]])
    card.querySelector(`.${action}`).setAttribute("aria-label", `${word} item ${item.number}`);
  form.setAttribute("aria-label", `Reject item ${item.number}`);
  showMedia(card.querySelector(".media"), item);
  if (item.time !== undefined) addFact(facts, "In the stream", `${item.time.toFixed(2)} s`);
  if (item.held) addFact(facts, "Held since", new Date(item.held).toLocaleTimeString());
  if (item.reason) addFact(facts, "Not judged", item.reason);
  addFact(facts, "Time left", "", "left");

  card.querySelector(".approve").addEventListener("click", () => decide(item.number, "approve", ""));
  card.querySelector(".reject").addEventListener("click", () => openForm(card));
  card.querySelector(".cancel").addEventListener("click", () => closeForm(card));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(item.number, "reject", form.querySelector("input").value);
  });
  return card;
}

function openForm(card) {
  card.querySelector("form").hidden = false;
  card.querySelector(".reject").setAttribute("aria-expanded", "true");
  card.querySelector("form input").focus();
}

function closeForm(card) {
  card.querySelector("form").hidden = true;
  card.querySelector(".reject").setAttribute("aria-expanded", "false");
  card.focus();
}

function showTimes() {
  const now = Date.now() + state.offset;
  for (const { item, card } of state.cards.values()) {
    const place = card.querySelector(".left");
    const seconds = (item.deadline - now) / 1000;
    const text = !item.deadline ? "no limit" : seconds > 0 ? duration(seconds) : "time is up";
    place.classList.toggle("urgent", item.deadline > 0 && seconds < urgent);
    if (place.textContent !== text) place.textContent = text;
  }
}

// --- the list ---

function cards() {
  return [...by("items").children];
}

function focused() {
  return document.activeElement?.closest(".item") ?? null;
}

// One item is reached by the tabulator, the others by keys from there.
function setReached(card) {
  for (const other of cards()) other.tabIndex = other === card ? 0 : -1;
}

function remove(number) {
  const entry = state.cards.get(number);
  if (!entry) return;
  const all = cards();
  const at = all.indexOf(entry.card);
  const next = all[at + 1] ?? all[at - 1] ?? by("title");
  const had = entry.card.contains(document.activeElement);
  const reached = entry.card.tabIndex === 0;
  entry.card.remove();
  state.cards.delete(number);
  if (reached && next !== by("title")) setReached(next);
  // Not the next item: a key that was meant for this one would decide on one that nobody has seen.
  if (had) by("title").focus();
}

function insert(item) {
  const card = makeCard(item);
  const after = cards().find((other) => Number(other.dataset.number) > item.number);
  by("items").insertBefore(card, after ?? null);
  state.cards.set(item.number, { item, card });
  if (cards().length === 1) setReached(card);
}

function showDecided(decided) {
  const words = { approve: "approved", reject: "rejected" };
  const lines = decided.map(
    (one) =>
      `${one.number} was ${words[one.decision]} by ${one.by ?? "somebody"}` +
      (one.reason ? `: ${one.reason}` : ""),
  );
  const told = JSON.stringify(lines);
  if (told === state.told) return;
  state.told = told;
  by("lately").hidden = lines.length === 0;
  by("decided").replaceChildren(
    ...lines.map((line) => {
      const entry = document.createElement("li");
      entry.textContent = line;
      return entry;
    }),
  );
}

function announce(fresh, gone, decided) {
  const words = { approve: "approved", reject: "rejected" };
  const lost = decided.filter((one) => gone.includes(one.number));
  const parts = lost.map((one) => `${one.number} was ${words[one.decision]} by ${one.by ?? "somebody"}`);
  if (fresh.length === 1) parts.push(`New: ${describe(fresh[0])}`);
  else if (fresh.length > 1) parts.push(`${fresh.length} new items`);
  if (parts.length > 0) tell(parts.join(". "));
}

function show(said) {
  const there = new Map(said.items.map((item) => [item.number, item.identity]));
  const gone = [...state.cards.values()]
    .filter(({ item }) => there.get(item.number) !== item.identity)
    .map(({ item }) => item.number);
  const fresh = said.items.filter(
    (item) => !state.cards.has(item.number) || gone.includes(item.number));
  const count = said.pending === 1 ? "1 waits" : `${said.pending} wait`;

  state.offset = said.now - Date.now();
  gone.forEach(remove);
  fresh.forEach(insert);
  announce(fresh, gone, said.decided);
  by("name").textContent = said.name;
  by("count").textContent =
    said.pending > said.items.length ? `${count}, the first ${said.items.length} are shown` : count;
  by("empty").hidden = said.items.length > 0;
  document.title = said.pending > 0 ? `(${said.pending}) Held for review` : "Held for review";
  showDecided(said.decided);
  showTimes();
}

// --- what is decided ---

async function decide(number, decision, reason) {
  const words = { approve: "approved", reject: "rejected" };
  const identity = state.cards.get(number)?.item.identity ?? "";
  const { status, said } = await ask(`/items/${number}`, { decision, reason, identity });
  if (status === 200) {
    trouble("");
    remove(number);
    tell(`${number} ${words[decision]}`);
  } else if (status === 409) {
    remove(number);
    trouble(`${number} was ${words[said.decision]} by ${said.by} before, and that stands`);
  } else if (status === 401 || status === 403) {
    showLogin(status === 403 ? said.error : "");
    return;
  } else {
    trouble(`${number} is not decided: ${said.error}`);
  }
  await poll();
}

// --- keys ---

// From elsewhere, to the item that the tabulator reaches.
function move(step) {
  const all = cards();
  const at = all.indexOf(focused());
  const reached = Math.max(all.findIndex((card) => card.tabIndex === 0), 0);
  const next = at < 0 ? reached : Math.min(Math.max(at + step, 0), all.length - 1);
  if (all.length === 0) return;
  setReached(all[next]);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  const card = focused();
  if (event.key === "Escape" && card && !card.querySelector("form").hidden) {
    closeForm(card);
    return;
  }
  if (by("review").hidden || !by("shortcuts").checked || event.ctrlKey || event.altKey || event.metaKey)
    return;
  if (event.target.closest("input, audio, pre")) return;
  if (event.key === "j" || event.key === "ArrowDown") move(1);
  else if (event.key === "k" || event.key === "ArrowUp") move(-1);
  else if (event.key === "a" && card && !event.repeat) decide(Number(card.dataset.number), "approve", "");
  else if (event.key === "r" && card) openForm(card);
  else return;
  event.preventDefault();
}

// --- coming and going ---

function showLogin(text) {
  by("login").hidden = false;
  by("review").hidden = true;
  by("login-error").textContent = text;
  by("token").focus();
}

async function poll() {
  clearTimeout(state.polling);
  const { status, said } = await ask("/items");
  if (status === 401) {
    showLogin("");
    return;
  }
  if (status === 200) {
    if (by("review").hidden) {
      by("login").hidden = true;
      by("review").hidden = false;
      by("title").focus();
    }
    if (by("trouble").dataset.server) {
      delete by("trouble").dataset.server;
      trouble("");
    }
    show(said);
  } else {
    by("trouble").dataset.server = "yes";
    trouble(said.error);
  }
  clearTimeout(state.polling);
  state.polling = setTimeout(poll, interval);
}

async function logIn(token) {
  const { status, said } = await ask("/login", { token });
  by("token").value = "";
  if (status !== 200) {
    showLogin(said.error);
    return;
  }
  // Told once: it outlasts a reload, and goes with the tab.
  state.csrf = said.csrf;
  sessionStorage.setItem("csrf", state.csrf);
  await poll();
}

async function logOut() {
  await ask("/logout", {});
  sessionStorage.removeItem("csrf");
  state.csrf = "";
  for (const number of [...state.cards.keys()]) remove(number);
  clearTimeout(state.polling);
  showLogin("");
}

function begin() {
  // A token behind # is not sent to anybody, and not kept in the address.
  const token = location.hash.slice(1);
  by("login-form").addEventListener("submit", (event) => {
    event.preventDefault();
    logIn(by("token").value.trim());
  });
  by("logout").addEventListener("click", logOut);
  by("veil").addEventListener("change", () =>
    document.body.classList.toggle("veiled", by("veil").checked));
  by("items").addEventListener("focusin", () => setReached(focused()));
  document.addEventListener("keydown", onKey);
  setInterval(showTimes, 1000);
  if (token) {
    history.replaceState(null, "", "/");
    logIn(token);
  } else if (state.csrf) {
    poll();
  } else {
    showLogin("");
  }
}

begin();
