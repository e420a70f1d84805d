// What every page has: its words, the bar that says who signs, and the two dialogs before a signature.
import { YardError } from "../errors.js";
import { Ledger } from "../ledger.js";
import { Outbox } from "../outbox.js";
import { lock, onLock, people, session, touch, unlock } from "../people.js";
import { rememberParty, viewOf } from "../known.js";
import { depositPlates } from "./plates.js";
import { depositSealed } from "./sealed.js";

export const $ = (id) => document.getElementById(id);
export const language = document.documentElement.lang.slice(0, 2);
const told = (name) => document.querySelector(`meta[name=bitacora-${name}]`).content;
const trust = { origin: told("origin"), receipt_key: told("receipt-key") };
export const ledger = new Ledger({ audience: told("base"), trust });
export const outbox = new Outbox(ledger);

const WORDS = new Map((await import(`../words.${language}.js`)).default);
const KILOGRAMS = new Intl.NumberFormat(language === "es" ? "es-MX" : "en", { maximumFractionDigits: 3 });
const MOMENT = new Intl.DateTimeFormat(language === "es" ? "es-MX" : "en", { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(language === "es" ? "es-MX" : "en", { dateStyle: "long", timeZone: "UTC" });

export class Cancelled extends Error {}

/** The page's words for a code, its blanks filled; a code without words says itself. */
export function say(code, members = {}) {
  const words = WORDS.get(code) ?? code.slice(code.indexOf(".") + 1);
  return words.replace(/\{(\w+)\}/g, (blank, name) => members[name] ?? blank);
}

export const saysWell = (code) => WORDS.has(code);

/** An element; members that are functions listen, others are attributes; false and null leave one out. */
export function el(tag, members = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const fill = (parent, ...children) => parent.replaceChildren(...children.flat().filter(Boolean));
export const show = (element, visible = true) => { element.hidden = !visible; };
export const link = (path, hash = {}) => `/campo/${path}?lang=${language}${hashOf(hash)}`;
export const moment = (instant) => MOMENT.format(new Date(instant));
/** A legal day, `2026-11-02`, which is the same wherever the phone is. */
export const day = (date) => DAY.format(new Date(date));
export const kg = (grams) => `${KILOGRAMS.format(grams / 1000)} kg`;

/** Grams of kilograms as people write them, with a point or a comma; null for nothing; throws kilograms. */
export function grams(typed) {
  const spelt = typed.trim();
  if (!spelt) return null;
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(spelt);
  if (!match) throw new YardError("kilograms");
  return Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(3, "0"));
}

function hashOf(members) {
  const text = new URLSearchParams(Object.entries(members).filter(([, value]) => value)).toString();
  return text && `#${text}`;
}

/** What stands behind the page's #: which pack, which load. It never goes to the server with the page. */
export const asked = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

/** The short form of a unit id that people can compare with a label. */
export function shortOf(unit) {
  const tail = decodeURIComponent(unit.slice(unit.lastIndexOf("/") + 1));
  return tail.length > 14 ? `${tail.slice(0, 4)}…${tail.slice(-6)}` : tail;
}

/** One row of a list of what is known: its name by code, and what it is. */
export const row = (name, text) => el("div", {}, el("dt", {}, say(name)), el("dd", {}, text));

export const codeOf = (unit) => el("span", { class: "code", title: unit }, shortOf(unit));

/** Run what a button does; its failure is told on the page, and the button rests meanwhile. */
export function on(element, event, work) {
  element.addEventListener(event, async (happened) => {
    happened.preventDefault();
    tell(null);
    const button = element.matches("button") ? element : element.querySelector?.("button:not([type=button])");
    if (button) button.disabled = true;
    try {
      await work(happened);
    } catch (error) {
      tell(error);
    } finally {
      if (button) button.disabled = false;
    }
  });
}

/** Tell a failure in the page's language where a screen reader hears it; null takes it away. */
export function tell(error) {
  if (error instanceof Cancelled) return;
  const told = $("told");
  show(told, error !== null);
  if (error === null) return;
  told.textContent = wordsOf(error);
  told.focus();
  if (!error.code) console.error(error);
}

export function wordsOf(error) {
  if (!error.code) return say("error.defect");
  if (error.code === "refused") return problemWords(error.facts.problem, error.facts.detail);
  return saysWell(`error.${error.code}`) ? say(`error.${error.code}`, named(error.facts)) : say("error.other", { code: error.code });
}

/** Facts for people: of a subject, what is printed on the label. */
function named({ subject, ...facts }) {
  return subject ? { ...facts, subject: subject.split("/").at(-1) } : facts;
}

export function problemWords(code, detail) {
  return saysWell(`problem.${code}`) ? say(`problem.${code}`) : say("problem.other", { detail: detail ?? code });
}

/** A party's public name, from the phone's memory when there is no signal. */
export async function nameOf(party) {
  if (party === null || party === undefined) return say("party.none");
  if (!party.startsWith("pty_")) return say(`holder.${party}`);
  const known = await viewOf(`party/${party}`);
  if (known && (known.view.name || !navigator.onLine)) return known.view.name ?? say("party.unnamed");
  try {
    await rememberParty(ledger, party);
    return (await viewOf(`party/${party}`)).view.name ?? say("party.unnamed");
  } catch (error) {
    if (error.code === undefined) throw error;
    return known?.view.name ?? `${party.slice(0, 8)}…`;
  }
}

/** What the person who is in may read; what everybody may, while nobody is, or the key is not approved yet. */
export async function ask(path) {
  const current = await session();
  try {
    return await ledger.get(path, current);
  } catch (error) {
    if (current === null || error.code !== "refused" || error.facts.status !== 401) throw error;
    return ledger.get(path);
  }
}

/** Who signs now; asks for person and PIN when nobody has come in. Throws Cancelled. */
export async function signer() {
  const current = await session();
  if (current) return current;
  const known = await people();
  if (known.length === 0) {
    location.assign(link("telefono"));
    throw new Cancelled();
  }
  return askPin(known);
}

export async function enter(kid) {
  return askPin((await people()).filter((person) => person.kid === kid));
}

async function askPin(known) {
  const dialog = $("unlock"), pin = $("unlock-pin"), wrong = $("unlock-wrong");
  const named = await Promise.all(known.map(async (person) => [person, await nameOf(person.party)]));
  fill($("unlock-who"), named.map(([{ kid, name }, party]) => el("option", { value: kid }, `${name} · ${party}`)));
  show(wrong, false);
  pin.value = "";
  dialog.showModal();
  pin.focus();
  return new Promise((resolve, reject) => {
    const leave = () => dialog.close();
    const closed = () => end(() => reject(new Cancelled()));
    const tried = async (event) => {
      event.preventDefault();
      try {
        const opened = await unlock($("unlock-who").value, pin.value);
        end(() => resolve(opened));
        dialog.close();
        await drawWho();
      } catch (error) {
        wrong.textContent = wordsOf(error);
        show(wrong);
        pin.value = "";
        pin.focus();
      }
    };
    const end = (settle) => {
      $("unlock-form").removeEventListener("submit", tried);
      $("unlock-cancel").removeEventListener("click", leave);
      dialog.removeEventListener("close", closed);
      settle();
    };
    $("unlock-form").addEventListener("submit", tried);
    $("unlock-cancel").addEventListener("click", leave);
    dialog.addEventListener("close", closed);
  });
}

/**
 * Show what is about to be signed, by whom, and what the law would find in it (`foretold`); throws Cancelled unless the
 * person says yes.
 */
export async function agree(signing, sentences, warnings = []) {
  const dialog = $("sign");
  show($("sign-told"), warnings.length > 0);
  fill($("sign-findings"), warnings.map((warning) => el("li", {}, warning)));
  $("sign-who").textContent = say("who.signs", { person: signing.name, party: await nameOf(signing.party) });
  fill($("sign-what"), sentences.map((sentence) => el("li", {}, sentence)));
  dialog.returnValue = "";
  dialog.showModal();
  $("sign-go").focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "yes") throw new Cancelled();
}

/** Photos of a file input, deposited: the `documents` of a statement. Without signal they cannot be added. */
export async function documentsOf(input, role, signing) {
  const documents = [];
  for (const file of input.files) {
    const { bytes, type } = await smaller(file);
    documents.push({ ...(await ledger.deposit(bytes, type, signing)), role });
  }
  return documents.length ? { documents } : {};
}

const PHOTO_PX = 1600;

async function smaller(file) {
  if (!file.type.startsWith("image/")) return { bytes: new Uint8Array(await file.arrayBuffer()), type: file.type };
  const image = await createImageBitmap(file);
  const scale = Math.min(1, PHOTO_PX / Math.max(image.width, image.height));
  const canvas = el("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: "image/jpeg" };
}

/** Hand a file to the phone's own sharing, or save it. */
export async function give(bytes, name, type) {
  const file = new File([bytes], name, { type });
  if (navigator.canShare?.({ files: [file] })) {
    await navigator.share({ files: [file] }).catch((error) => { if (error.name !== "AbortError") save(file); });
  } else save(file);
}

function save(file) {
  const url = URL.createObjectURL(file);
  el("a", { href: url, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function drawWho() {
  const current = await session();
  show($("leave"), current !== null);
  if (current) {
    fill($("who-is"), el("strong", {}, current.name), ` ${say("who.for")} `, el("strong", {}, await nameOf(current.party)));
  } else $("who-is").textContent = say("who.nobody");
}

/** Whether a load's or pack's picture may be asked for now: somebody is in, and there is signal. */
export const canRead = async () => navigator.onLine && (await session()) !== null;

function drawSignal() {
  show($("signal"), !navigator.onLine);
}

/** Begin a page: who, signal, outbox, and the worker that keeps the pages. */
export async function begin() {
  drawSignal();
  window.addEventListener("online", drawSignal);
  window.addEventListener("offline", drawSignal);
  document.addEventListener("input", touch);
  document.addEventListener("click", touch);
  onLock(drawWho);
  on($("leave"), "click", async () => { lock(); await drawWho(); location.assign(link("")); });
  $("other-language").addEventListener("click", (event) => { event.currentTarget.hash = location.hash; });
  window.addEventListener("unhandledrejection", (event) => tell(event.reason));
  await drawWho();
  outbox.start();
  keepPages();
  deposit();
  outbox.onChange(deposit);
}

let depositing = null;

/** What stays beside the log: names behind commitments, and other names of packs, once there is signal. */
function deposit() {
  depositing ??= depositNow().catch((error) => console.warn(error.code)).finally(() => { depositing = null; });
}

async function depositNow() {
  const current = await session();
  if (!current || !navigator.onLine) return;
  await depositSealed(ledger, current);
  await depositPlates(ledger, outbox, current);
}

function keepPages() {
  const policy = globalThis.trustedTypes?.createPolicy("campo", { createScriptURL: (url) => url });
  const url = "/campo/sw.js";
  navigator.serviceWorker?.register(policy ? policy.createScriptURL(url) : url, { scope: "/campo/" })
    .catch((error) => console.error(error));
}
