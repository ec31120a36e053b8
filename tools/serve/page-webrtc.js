// SPDX-License-Identifier: LGPL-2.1-or-later
// A mount is watched by WHEP.
import { ask } from "/page-server.js";

// Milliseconds that candidates are waited for before the offer; those that come later follow it.
const gathering = 500;

// RFC 8288: <stun:host>; rel="ice-server"; username="…"; credential="…"
function readIceServers(header) {
  const servers = [];
  for (const link of header?.split(/,\s*(?=<)/) ?? []) {
    const address = /^<([^>]+)>/.exec(link)?.[1];
    if (!address || !/rel="?ice-server"?/.test(link)) continue;
    const get = (name) => new RegExp(`${name}="([^"]*)"`).exec(link)?.[1];
    const server = { urls: address };
    if (get("username") !== undefined) Object.assign(server, { username: get("username"), credential: get("credential") });
    servers.push(server);
  }
  return servers;
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, gathering);
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
  });
}

export class Watching extends EventTarget {
  constructor(path, { video, audio }) {
    super();
    this.path = path;
    this.late = [];
    this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.stream = new MediaStream();
    if (video) this.peer.addTransceiver("video", { direction: "recvonly" });
    if (audio) this.peer.addTransceiver("audio", { direction: "recvonly" });
    this.channel = this.peer.createDataChannel("parameters");
    this.channel.addEventListener("message", ({ data }) => this.#tell("told", JSON.parse(data)));
    this.channel.addEventListener("open", () => this.#tell("ready"));
    this.peer.addEventListener("track", ({ track }) => this.stream.addTrack(track));
    this.peer.addEventListener("connectionstatechange", () => this.#follow());
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #follow() {
    const state = this.peer.connectionState;
    if (state === "connected") this.#tell("connected");
    else if (state === "failed" || state === "closed") this.#tell("ended");
  }

  async start() {
    await this.peer.setLocalDescription(await this.peer.createOffer());
    await gathered(this.peer);
    this.peer.addEventListener("icecandidate", ({ candidate }) => candidate && this.#trickle(candidate));
    const answer = await ask("POST", this.path, {
      body: this.peer.localDescription.sdp, type: "application/sdp", headers: { Accept: "application/sdp" },
    });
    this.location = answer.headers.get("Location");
    this.tag = answer.headers.get("ETag");
    const iceServers = readIceServers(answer.headers.get("Link"));
    if (iceServers.length > 0) this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers });
    await this.peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    this.#sendLate();
  }

  #trickle(candidate) {
    this.late.push(candidate);
    if (this.location) this.#sendLate();
  }

  async #sendLate() {
    const sdp = this.peer.localDescription.sdp;
    const line = (name) => new RegExp(`^a=${name}:.*$`, "m").exec(sdp)[0].trim();
    const candidates = this.late.splice(0);
    if (candidates.length === 0) return;
    const body = [line("ice-ufrag"), line("ice-pwd"),
      ...candidates.flatMap((c) => [`a=mid:${c.sdpMid}`, `a=${c.candidate}`]), ""].join("\r\n");
    try {
      await ask("PATCH", this.location, {
        body, type: "application/trickle-ice-sdpfrag", headers: { "If-Match": this.tag },
      });
    } catch {
      // Those that it has may do; where they do not, the connection fails and says so.
    }
  }

  // Whether it could be said.
  send(values) {
    if (this.channel.readyState !== "open") return false;
    this.channel.send(JSON.stringify(values));
    return true;
  }

  // Of what has come since the last time: frames and kilobits a second, the size, lost packets.
  async measure() {
    const now = { time: performance.now(), bytes: 0, frames: 0, lost: 0 };
    for (const report of (await this.peer.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      now.bytes += report.bytesReceived ?? 0;
      now.lost += report.packetsLost ?? 0;
      now.frames += report.framesDecoded ?? 0;
      if (report.frameWidth) now.size = `${report.frameWidth} × ${report.frameHeight}`;
    }
    const before = this.before;
    this.before = now;
    if (!before) return null;
    const seconds = (now.time - before.time) / 1000;
    return {
      rate: (now.frames - before.frames) / seconds,
      kilobits: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
      lost: now.lost,
      size: now.size,
    };
  }

  stop() {
    this.peer.close();
    if (this.location) ask("DELETE", this.location, { keepalive: true }).catch(() => {});
    this.location = null;
  }
}
