// SPDX-License-Identifier: LGPL-2.1-or-later
// One side of the page: a mount, how it is watched, and its parameters.
import { ask, askJson, withToken, Refused } from "/page-server.js";
import { Parameters } from "/page-parameters.js";
import { Watching } from "/page-webrtc.js";

// Milliseconds until WebRTC has to show something, or pictures come one by one.
const patience = 8000;

let count = 0;

export class Player extends EventTarget {
  // `name` is "left" or "right".
  constructor(name, studio) {
    super();
    this.name = name;
    this.studio = studio;
    this.element = document.getElementById("player").content.firstElementChild.cloneNode(true);
    const find = (selector) => this.element.querySelector(selector);
    this.list = find("select");
    this.button = find(".play");
    this.video = find("video");
    this.image = find("img");
    this.how = find(".how");
    this.measured = find(".measured");
    this.parameters = new Parameters(find(".parameters"), (values) => this.#change(values));
    this.pending = {};
    this.#name(find);
    for (const mount of studio.mounts)
      this.list.append(Object.assign(document.createElement("option"), { value: mount.name, textContent: mount.name }));
    this.list.addEventListener("change", () => this.choose(this.list.value));
    this.button.addEventListener("click", () => (this.playing ? this.stop("Stopped") : this.play()));
    this.video.addEventListener("playing", () => this.#seen());
    this.image.addEventListener("load", () => this.#seen());
    this.image.addEventListener("error", () => this.playing === "pictures" && this.stop("The pictures have ended"));
  }

  #name(find) {
    const title = find("h2");
    const id = ++count;
    title.id = `player-${id}`;
    this.list.id = `mount-${id}`;
    this.element.setAttribute("aria-labelledby", title.id);
    find(".choose label").htmlFor = this.list.id;
    this.title = title;
  }

  get mount() {
    return this.studio.mounts.find(({ name }) => name === this.list.value);
  }

  choose(name) {
    const again = Boolean(this.playing);
    this.stop("");
    this.list.value = name;
    const { mount } = this;
    this.showTitle();
    this.video.setAttribute("aria-label", `${mount.name}, ${this.name}`);
    this.image.alt = `${mount.name}, ${this.name}, as pictures one by one`;
    this.element.querySelector(".screen").classList.toggle("sound", !mount.video);
    this.parameters.build(mount, this.studio.models.find(({ id }) => id === mount.model));
    this.#showButton();
    this.dispatchEvent(new Event("chosen"));
    if (again) this.play();
  }

  showTitle() {
    this.title.textContent = this.studio.players.length > 1 ? `${this.list.value}, ${this.name}` : this.list.value;
  }

  #showButton() {
    this.button.textContent = this.playing ? "Stop" : "Play";
    this.button.setAttribute("aria-label", `${this.button.textContent} ${this.list.value}, ${this.name}`);
  }

  #tell(text) {
    this.how.textContent = text;
  }

  // --- playing ---

  async play() {
    const { protocols } = this.mount;
    if (protocols.includes("webrtc") && "RTCPeerConnection" in window) await this.#watch();
    else this.#showPictures("");
  }

  async #watch() {
    const { mount } = this;
    const watching = new Watching(mount.addresses?.whep ?? `/mounts/${mount.name}/whep`, mount);
    this.playing = "webrtc";
    this.watching = watching;
    this.seen = false;
    this.video.hidden = false;
    this.image.hidden = true;
    this.video.srcObject = watching.stream;
    // By itself a browser plays no more than what is in sight.
    this.video.play().catch(() => {});
    this.#showButton();
    this.#tell("Connecting …");
    watching.addEventListener("ready", () => this.#sendPending());
    watching.addEventListener("told", ({ detail }) => this.#told(detail));
    watching.addEventListener("ended", () => this.watching === watching && this.#lost());
    this.timer = setTimeout(() => !this.seen && this.watching === watching && this.#lost(), patience);
    this.meter = setInterval(() => this.#measure(), 1000);
    try {
      await watching.start();
      if (this.watching === watching) await this.#readParameters();
      else watching.stop();
    } catch (error) {
      if (this.watching === watching) this.#refused(error);
    }
  }

  // Pictures one by one need no more than HTTP.
  #showPictures(why) {
    const { mount } = this;
    this.#end();
    if (!mount.protocols.includes("mjpeg") || !mount.video) {
      this.stop(why || "This mount cannot be watched here");
      return;
    }
    this.playing = "pictures";
    this.seen = false;
    this.video.hidden = true;
    this.image.hidden = false;
    this.image.src = withToken(mount.addresses?.mjpeg ?? `/mounts/${mount.name}/stream.mjpeg`);
    this.#showButton();
    this.#tell(why ? `${why}; pictures come one by one` : "Connecting …");
  }

  #refused(error) {
    const full = error instanceof Refused && [401, 403, 429, 503].includes(error.status);
    if (full) this.stop(error.message);
    else this.#showPictures(error.message);
  }

  #lost() {
    if (this.seen) this.stop("The connection has ended");
    else this.#showPictures("There is no way for WebRTC");
  }

  async #seen() {
    if (this.seen) return;
    this.seen = true;
    this.#tell(this.playing === "webrtc" ? "Playing by WebRTC" : "Playing pictures one by one");
    if (this.playing !== "pictures") return;
    await this.#readParameters();
    this.#sendPending();
  }

  #end() {
    clearTimeout(this.timer);
    clearInterval(this.meter);
    this.watching?.stop();
    this.watching = null;
    this.session = null;
    this.video.srcObject = null;
    this.image.removeAttribute("src");
    this.measured.replaceChildren();
  }

  stop(text) {
    this.#end();
    this.playing = null;
    this.image.hidden = true;
    this.video.hidden = false;
    this.#showButton();
    this.#tell(text);
  }

  // --- parameters ---

  // The session that this side watches: that of the connection, or the newest of its mount.
  async #findSession() {
    const { data } = await askJson("/v1/sessions");
    const id = this.watching?.location?.split("/").pop();
    const protocol = this.playing === "webrtc" ? "webrtc" : "mjpeg";
    const mine = data.filter((one) => one.mount === this.list.value && one.protocol === protocol);
    return data.find((one) => one.id === id) ?? mine.sort((a, b) => a.seconds - b.seconds)[0] ?? null;
  }

  // What was changed before it played is what it is to be.
  async #readParameters() {
    const { values } = this.parameters;
    try {
      this.session = await this.#findSession();
    } catch {
      this.session = null;
    }
    if (!this.session) return;
    this.parameters.show({ ...this.session.parameters, ...values });
    if (Object.keys(values).length > 0) this.send(values);
  }

  #change(values) {
    this.send(values);
    this.dispatchEvent(new CustomEvent("change", { detail: values }));
  }

  // What the other side was told.
  follow(values) {
    const known = Object.fromEntries(Object.entries(values).filter(([name]) => this.parameters.has(name)));
    if (Object.keys(known).length === 0) return;
    this.parameters.show(known);
    this.send(known);
  }

  // A slider says more than a session has to be told: the last word of a moment counts.
  send(values) {
    Object.assign(this.pending, values);
    if (!this.playing || this.sending) return;
    this.sending = setTimeout(() => {
      this.sending = 0;
      this.#sendPending();
    }, 50);
  }

  async #sendPending() {
    const values = this.pending;
    if (Object.keys(values).length === 0 || !this.playing) return;
    if (this.watching?.send(values)) {
      this.pending = {};
      return;
    }
    if (!this.session || this.playing === "webrtc") return;
    this.pending = {};
    try {
      await ask("PATCH", `/v1/sessions/${this.session.id}`, { body: values });
      this.#told({ ok: true });
    } catch (error) {
      this.#told({ ok: false, error: error.message });
    }
  }

  #told({ ok, error, ended }) {
    if (ended) this.stop(`It has ended: ${ended}`);
    else if (!ok) this.#tell(error);
    else if (this.playing) this.#tell(this.playing === "webrtc" ? "Playing by WebRTC" : "Playing pictures one by one");
  }

  // --- figures ---

  async #measure() {
    const now = await this.watching?.measure();
    if (!now) return;
    const rows = [["Frames a second", now.rate.toFixed(1)], ["Size", now.size ?? "none"],
      ["kbit/s", now.kilobits.toFixed(0)], ["Packets lost", String(now.lost)]];
    this.measured.replaceChildren(...rows.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]));
  }
}
