"use strict";
/* The chat of the public page: sends a message under an id of its own, sends it again under the same id when the
   network fails, and shows what comes back as text, never as HTML. */

(() => {
  const KEY = "cic-session";
  const RETRY_SECONDS = [1, 2, 4, 8, 15];
  const TIMEOUT_MS = 90000;
  const FIELDS = {
    nom: { autocomplete: "name", inputMode: "text" },
    email: { autocomplete: "email", inputMode: "email" },
    telephone: { autocomplete: "tel", inputMode: "tel" },
    commune: { autocomplete: "address-level2", inputMode: "text" },
    pays: { autocomplete: "country-name", inputMode: "text" },
    fonction: { autocomplete: "organization-title", inputMode: "text" },
  };

  const find = (id) => document.getElementById(id);
  const words = find("chat").dataset;
  const log = find("log");
  const form = find("form");
  const input = find("message");
  let waiting = null; // the message that has no answer yet: {message, id}

  const store = {
    get: () => { try { return sessionStorage.getItem(KEY); } catch { return store.kept; } },
    set: (token) => { store.kept = token; try { sessionStorage.setItem(KEY, token); } catch { /* this tab only */ } },
    clear: () => { store.kept = null; try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ } },
    kept: null,
  };

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function show(who, text) {
    const bubble = element("div", `message ${who}`);
    bubble.append(element("p", "who", who === "user" ? words.you : words.assistant), element("p", "text", text));
    log.append(bubble);
    log.scrollTop = log.scrollHeight;
    return bubble;
  }

  function showAnswer(message) {
    const bubble = show("assistant", message.text);
    if (message.source) bubble.append(sourceLine(message.source));
    if (message.buttons.length) bubble.append(choices(message.buttons));
    log.scrollTop = log.scrollHeight;
  }

  function sourceLine(source) {
    const values = { section: source.section, page: source.page, date: source.updated.split("-").reverse().join(".") };
    const text = words.source.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    const line = element("p", "source", /^https?:\/\//.test(source.url || "") ? undefined : text);
    if (!line.textContent) {
      const link = element("a", "", text);
      link.href = source.url;
      link.rel = "noopener noreferrer";
      line.append(link);
    }
    return line;
  }

  function choices(buttons) {
    const group = element("div", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", words.choices);
    for (const { title, value } of buttons) {
      const button = element("button", "", title);
      button.type = "button";
      button.addEventListener("click", () => { input.focus(); say(value); });
      group.append(button);
    }
    return group;
  }

  function prepareField(asks) {
    const field = FIELDS[asks] || { autocomplete: "off", inputMode: "text" };
    input.autocomplete = field.autocomplete;
    input.inputMode = field.inputMode;
  }

  function busy(state, sentence = "") {
    for (const button of document.querySelectorAll("#chat button")) button.disabled = state;
    find("status").textContent = sentence;
    find("retry").hidden = true;
  }

  /* One attempt. A 4xx is an answer of its own; what may pass by itself (network, 429, 5xx) is an error to try again. */
  async function post(message, id) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch("/api/chat", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ message, id, session: store.get() }),
        signal: abort.signal,
      });
      const body = await response.json();
      if (response.status === 429 || response.status >= 500) {
        throw Object.assign(new Error(body.error), { sentence: body.error, after: Number(response.headers.get("Retry-After")) });
      }
      return body;
    } finally {
      clearTimeout(timer);
    }
  }

  async function deliver(message, id) {
    let last = null;
    for (const seconds of [...RETRY_SECONDS, null]) {
      try {
        return await post(message, id);
      } catch (error) {
        last = error;
        if (seconds === null) break;
        find("status").textContent = error.sentence || words.retrying;
        await pause(Math.max(seconds, error.after || 0));
      }
    }
    throw last;
  }

  async function send() {
    busy(true, words.waiting);
    try {
      const { message, id } = waiting;
      const body = await deliver(message, id);
      waiting = null;
      busy(false);
      if (body.error) refuse(body.error, message);
      else receive(body);
    } catch (error) {
      busy(false, error.sentence || words.failed);
      find("retry").hidden = false;
    }
  }

  /* A refused message goes back into the field, to be shortened or corrected. */
  function refuse(sentence, message) {
    find("status").textContent = sentence;
    if (!input.value) input.value = message;
  }

  function receive(body) {
    store.set(body.session);
    body.messages.forEach(showAnswer);
    prepareField(body.asks);
  }

  function say(text) {
    if (!text.trim() || find("send").disabled) return;
    for (const old of log.querySelectorAll(".choices")) old.remove();
    show("user", text);
    waiting = { message: text, id: newId() };
    send();
  }

  async function restore() {
    const token = store.get();
    if (!token) return show("assistant", words.welcome);
    const response = await fetch("/api/chat/history", { headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 401) store.clear();
    if (!response.ok) return show("assistant", words.welcome);
    const body = await response.json();
    store.set(body.session);
    body.messages.forEach((message) => (message.from === "user" ? show("user", message.text) : showAnswer(message)));
    const groups = [...log.querySelectorAll(".choices")];
    for (const group of groups) if (!log.lastElementChild.contains(group)) group.remove();
    return prepareField(body.asks);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (find("send").disabled) return;
    say(input.value);
    input.value = "";
  });
  find("retry").addEventListener("click", () => { input.focus(); send(); });
  find("restart").addEventListener("click", () => {
    store.clear();
    waiting = null;
    log.replaceChildren();
    busy(false);
    prepareField(null);
    show("assistant", words.welcome);
    input.focus();
  });
  restore().catch(() => show("assistant", words.welcome));
})();
