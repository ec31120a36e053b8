// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of the server: what is mounted is watched on one side or two, parameters are set while it
// plays, and what models make is had as files.
import { askJson, hasToken, setToken } from "/page-server.js";
import { Making } from "/page-generate.js";
import { Player } from "/page-player.js";

const interval = 2000;

const by = (id) => document.getElementById(id);
const studio = { mounts: [], models: [], players: [], polling: 0 };

function tell(text) {
  by("status").textContent = text;
}

function trouble(text) {
  if (by("trouble").textContent !== text) by("trouble").textContent = text;
}

// --- sides ---

function addPlayer(name, mount) {
  const player = new Player(name, studio);
  by("players").append(player.element);
  studio.players.push(player);
  player.addEventListener("change", ({ detail }) => {
    if (!by("same").checked) return;
    for (const other of studio.players) if (other !== player) other.follow(detail);
  });
  // Two models are compared by what both are told.
  player.addEventListener("chosen", () => {
    const other = studio.players.find((one) => one !== player);
    if (other && by("same").checked) player.follow(other.parameters.values);
  });
  player.choose(mount);
}

function compare() {
  const two = studio.players.length === 1;
  if (two) {
    const first = studio.players[0].list.value;
    const other = studio.mounts.find(({ name }) => name !== first)?.name ?? first;
    addPlayer("right", other);
  } else {
    const player = studio.players.pop();
    player.stop("");
    player.element.remove();
  }
  studio.players.forEach((one) => one.showTitle());
  by("compare").setAttribute("aria-pressed", String(two));
  by("players").classList.toggle("two", two);
  by("together").hidden = !two;
  tell(two ? "Two sides" : "One side");
}

// --- the server's figures ---

const units = { memory: " MB", processor: " cores", requests: " /s", frames: " /s", dropped: " /s" };
const shares = /-share$/;
const latencies = /^latency-/;

function showNumber(name, value) {
  if (shares.test(name)) return `${(100 * value).toFixed(1)} %`;
  if (latencies.test(name)) return `${(1000 * value).toFixed(value < 0.1 ? 1 : 0)} ms`;
  const text = Number.isInteger(value) ? String(value)
    : units[name] ? value.toFixed(value < 10 ? 2 : 0) : value.toPrecision(3);
  return text + (units[name] ?? "");
}

// What is not known yet is not shown.
function listFigures({ version, state, seconds, figures = {} }) {
  const known = Object.entries(figures).filter(([, value]) => typeof value === "number");
  return [
    ["state", state], ["version", version], ["running for", `${Math.floor(seconds / 60)} min`],
    ...known.map(([name, value]) => [name.replace(/^latency-(\d+)$/, "$1% answered within").replaceAll("-", " "), showNumber(name, value)]),
  ].filter(([, value]) => value !== undefined);
}

// Nobody has to be allowed to see it who watches.
async function readStatus() {
  try {
    const said = await askJson("/v1/status");
    return { alerts: (said.alerts ?? []).filter(({ active }) => active), figures: listFigures(said) };
  } catch (error) {
    if (error.status !== 404 && error.status !== 403) throw error;
    return { alerts: null, figures: [] };
  }
}

function showStatus({ alerts, figures }) {
  const told = (alerts ?? []).map(({ alert, when }) => `${alert}: ${when}`);
  const before = [...by("alerts").children].map((item) => item.textContent);
  if (JSON.stringify(told) !== JSON.stringify(before))
    by("alerts").replaceChildren(
      ...told.map((textContent) => Object.assign(document.createElement("li"), { textContent })));
  by("calm").hidden = alerts === null || told.length > 0;
  by("state").hidden = alerts === null;
  by("figures").replaceChildren(...figures.flatMap(([name, value]) => [
    Object.assign(document.createElement("dt"), { textContent: name }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  ]));
}

async function poll() {
  clearTimeout(studio.polling);
  try {
    showStatus(await readStatus());
    if (by("trouble").dataset.server) {
      delete by("trouble").dataset.server;
      trouble("");
    }
  } catch (error) {
    by("trouble").dataset.server = "yes";
    trouble(error.message);
  }
  studio.polling = setTimeout(poll, interval);
}

// --- coming and going ---

function showLogin(text) {
  by("login").hidden = false;
  by("studio").hidden = true;
  by("login-error").textContent = text;
  by("token").focus();
}

function showStudio() {
  by("login").hidden = true;
  by("studio").hidden = false;
  by("logout").hidden = !hasToken();
  by("nothing").hidden = studio.mounts.length > 0;
  by("compare").hidden = studio.mounts.length === 0;
  if (studio.mounts.length > 0) addPlayer("left", studio.mounts[0].name);
  new Making(studio.models, tell, trouble);
  by("title").focus();
  poll();
}

async function enter() {
  try {
    [studio.mounts, studio.models] = (await Promise.all([askJson("/v1/mounts"), askJson("/v1/models")]))
      .map(({ data }) => data);
  } catch (error) {
    const refused = error.status === 401 || error.status === 403;
    showLogin(refused && !hasToken() ? "" : error.message);
    if (refused) setToken("");
    return;
  }
  showStudio();
}

function begin() {
  // A token behind # is not sent to anybody, and not kept in the address.
  const token = location.hash.slice(1);
  if (token) {
    setToken(token);
    history.replaceState(null, "", "/");
  }
  by("login-form").addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(by("token").value.trim());
    by("token").value = "";
    enter();
  });
  by("logout").addEventListener("click", () => {
    setToken("");
    location.reload();
  });
  by("compare").addEventListener("click", compare);
  addEventListener("pagehide", () => studio.players.forEach((player) => player.stop("")));
  enter();
}

begin();
