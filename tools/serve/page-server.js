// SPDX-License-Identifier: LGPL-2.1-or-later
// What is asked of the server, and by which token.

let token = sessionStorage.getItem("token") ?? "";

export function setToken(text) {
  token = text;
  if (text) sessionStorage.setItem("token", text);
  else sessionStorage.removeItem("token");
}

export function hasToken() {
  return token !== "";
}

// What elements fetch by themselves has no headers.
export function withToken(path) {
  return token ? `${path}?access_token=${encodeURIComponent(token)}` : path;
}

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function readError(answer) {
  try {
    const said = await answer.json();
    return said.error?.message ?? said.error ?? answer.statusText;
  } catch {
    return answer.statusText || `The server says ${answer.status}`;
  }
}

// The answer where it is a good one; else what the server says is thrown.
export async function ask(method, path, { body, type, headers, signal, keepalive } = {}) {
  const options = { method, cache: "no-store", headers: { ...headers }, signal, keepalive };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    options.headers["Content-Type"] = type ?? "application/json";
    options.body = type ? body : JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The server cannot be reached");
  }
  if (!answer.ok) throw new Refused(answer.status, await readError(answer));
  return answer;
}

export async function askJson(path) {
  return (await ask("GET", path)).json();
}
