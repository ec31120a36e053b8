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
  player.choose(mount);
  return player;
}

function compare() {
  const two = studio.players.length === 1;
  if (two) {
    const first = studio.players[0].list.value;
    const other = studio.mounts.find(({ name }) => name !== first)?.name ?? first;
    addPlayer("right", other).parameters.show(studio.players[0].parameters.values);
  } else {
    const player = studio.players.pop();
    player.stop("");
    player.element.remove();
  }
  by("compare").setAttribute("aria-pressed", String(two));
  by("players").classList.toggle("two", two);
  by("together").hidden = !two;
  tell(two ? "Two sides" : "One side");
}

// --- the server's figures ---

// Numbers and texts of an object, those of objects in it by both names.
function flatten(object, prefix = "") {
  return Object.entries(object).flatMap(([name, value]) => {
    const title = `${prefix}${name.replaceAll("_", " ")}`;
    if (value === null || Array.isArray(value)) return [];
    if (typeof value === "object") return flatten(value, `${title}: `);
    return [[title, typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value)]];
  });
}

async function readStatus() {
  try {
    const { alerts = [], ...rest } = await askJson("/v1/status");
    return { alerts, figures: flatten(rest) };
  } catch (error) {
    if (error.status !== 404 && error.status !== 403) throw error;
  }
  return { alerts: null, figures: [] };
}

function nameAlert(alert) {
  return typeof alert === "string" ? alert : (alert.text ?? alert.message ?? alert.rule ?? alert.name ?? "Alert");
}

function showStatus({ alerts, figures }) {
  const firing = (alerts ?? []).filter((alert) => alert.state === undefined || alert.state === "firing" || alert.firing);
  const told = firing.map(nameAlert);
  const before = [...by("alerts").children].map((item) => item.textContent);
  if (JSON.stringify(told) !== JSON.stringify(before))
    by("alerts").replaceChildren(
      ...told.map((textContent) => Object.assign(document.createElement("li"), { textContent })));
  by("calm").hidden = alerts === null || told.length > 0;
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
