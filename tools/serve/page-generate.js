// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures and sounds of a model, made one by one, each by a seed that makes it again.
import { ask } from "/page-server.js";
import { listClasses } from "/page-parameters.js";

const formats = {
  picture: [["png", "PNG"], ["jpeg", "JPEG"], ["webp", "WebP"], ["npy", "NumPy"]],
  sound: [["wav", "WAV"], ["flac", "FLAC"], ["npy", "NumPy"]],
};
// What is kept to be looked at and downloaded.
const kept = 48;

const by = (id) => document.getElementById(id);

function makeOptions(list, options) {
  list.replaceChildren(
    ...options.map(([value, textContent]) => Object.assign(document.createElement("option"), { value, textContent })));
}

function show(type, address, name) {
  if (type.startsWith("image/")) return Object.assign(document.createElement("img"), { src: address, alt: name });
  const tag = type.startsWith("audio/") ? "audio" : type.startsWith("video/") ? "video" : null;
  if (!tag) return null;
  const element = Object.assign(document.createElement(tag), { src: address, controls: true });
  element.setAttribute("aria-label", name);
  return element;
}

export class Making {
  constructor(models, tell, trouble) {
    this.models = models.filter(({ makes, takes }) =>
      formats[makes?.kind] && takes?.kind !== "picture" && takes?.kind !== "sound");
    this.tell = tell;
    this.trouble = trouble;
    by("making").hidden = this.models.length === 0;
    if (this.models.length === 0) return;
    makeOptions(by("model"), this.models.map(({ id }) => [id, id]));
    by("model").addEventListener("change", () => this.#choose());
    by("making-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make();
    });
    by("cancel").addEventListener("click", () => this.stop?.abort());
    this.#choose();
  }

  get model() {
    return this.models.find(({ id }) => id === by("model").value);
  }

  // A text is said as it stands; all else is drawn by a seed.
  get spoken() {
    return this.model.takes?.kind === "text";
  }

  #choose() {
    const { model } = this;
    makeOptions(by("format"), formats[model.makes.kind]);
    makeOptions(by("class"), listClasses(model));
    by("class-field").hidden = !(model.classes > 0);
    by("prompt-field").hidden = !this.spoken;
    by("prompt").required = this.spoken;
    for (const id of ["seed", "count"]) by(id).parentElement.hidden = this.spoken;
  }

  #request(seed) {
    const { model } = this;
    const request = { model: model.id, format: by("format").value };
    if (this.spoken) return { ...request, prompt: by("prompt").value };
    if (model.classes > 0 && by("class").value !== "-1") request.class = Number(by("class").value);
    return { ...request, seed };
  }

  async #make() {
    const first = Number(by("seed").value);
    const count = this.spoken ? 1 : Number(by("count").value);
    this.stop = new AbortController();
    this.#setBusy(true);
    this.trouble("");
    try {
      for (let i = 0; i < count; i++) {
        this.tell(`Generating ${i + 1} of ${count}`);
        await this.#makeOne(first + i);
      }
      this.tell(`${count} generated`);
    } catch (error) {
      if (error.name === "AbortError") this.tell("Stopped");
      else this.trouble(`Nothing more is generated: ${error.message}`);
    }
    this.#setBusy(false);
  }

  #setBusy(busy) {
    by("making-form").querySelector("[type=submit]").disabled = busy;
    by("cancel").hidden = !busy;
  }

  async #makeOne(seed) {
    const body = this.#request(seed);
    const answer = await ask("POST", "/v1/generate", { body, signal: this.stop.signal });
    const type = answer.headers.get("Content-Type") ?? "";
    this.#add(await answer.blob(), type, body);
  }

  #add(blob, type, request) {
    const { model, seed, format } = request;
    const address = URL.createObjectURL(blob);
    const about = this.#describe(request);
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const link = Object.assign(document.createElement("a"), {
      href: address, download: `${model}-${seed ?? "speech"}.${format === "jpeg" ? "jpg" : format}`, textContent: "Download",
    });
    const item = document.createElement("li");
    link.setAttribute("aria-label", `Download ${about}`);
    caption.append(Object.assign(document.createElement("span"), { textContent: about }), link);
    figure.append(...[show(type, address, about)].filter(Boolean), caption);
    item.append(figure);
    item.dataset.address = address;
    by("results").prepend(item);
    while (by("results").children.length > kept) this.#drop(by("results").lastElementChild);
  }

  #describe({ model, seed, prompt, class: chosen }) {
    if (prompt !== undefined) return `${model}: ${prompt}`;
    return `${model}, seed ${seed}${chosen === undefined ? "" : `, ${listClasses(this.model)[chosen + 1][1]}`}`;
  }

  #drop(item) {
    URL.revokeObjectURL(item.dataset.address);
    item.remove();
  }
}
