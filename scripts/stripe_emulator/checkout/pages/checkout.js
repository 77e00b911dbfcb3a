// The checkout form, embedded in a shop's page or on a page of its own. Card numbers leave it only in the request that
// pays, and are not kept.
import { brandOf, groupCard, groupExpiry, money } from "./format.js";

const find = (selector) => document.querySelector(selector);
const framed = window.parent !== window;
const fragment = location.hash.slice(1);
const proof = framed ? Object.fromEntries(new URLSearchParams(fragment)) : { secret: fragment };
const parts = ["loading", "form", "challenge", "over"];

start();

async function start() {
  document.body.classList.toggle("framed", framed);
  if (framed) new ResizeObserver(notifySize).observe(document.body);
  const session = await call("session", {});
  if (session.error) return finish("!", "Something is wrong", session.error);
  showSummary(session);
  prepareForm(session);
  notifyParent({ type: "checkout:analytics", name: "checkoutRendered" });
  if (session.status !== "open") return finishAs(session);
  return show(session.challenge ? "challenge" : "form");
}

async function call(name, body) {
  try {
    const answer = await fetch(`/endive/checkout/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, client_secret: proof.secret ?? "", key: proof.key }),
    });
    return await answer.json();
  } catch {
    return { error: "The connection was interrupted. Check it and try again.", offline: true };
  }
}

function showSummary(session) {
  const cash = (amount) => money(amount, session.currency);
  const back = find("#back");
  document.title = `${session.business} - Checkout`;
  find("#label").textContent = session.items.length === 1 ? session.items[0].description : `Pay ${session.business}`;
  find("[data-testid=total]").textContent = cash(session.total);
  find("#challenge-amount").textContent = cash(session.total);
  if (session.cancel_url && !framed) {
    find("#business").textContent = session.business;
    back.href = session.cancel_url;
    back.setAttribute("aria-label", `Back to ${session.business}`);
    back.hidden = false;
  }
  if (session.items.length > 1 || session.items[0].quantity > 1) find("#items").append(...session.items.map((item) => line(item, cash)));
  if (!session.discount) return;
  find("[data-testid=subtotal]").textContent = cash(session.subtotal);
  find("[data-testid=discount-name]").textContent = session.discount.name;
  find("[data-testid=discount]").textContent = `−${cash(session.discount.amount)}`;
  find("[data-testid=due]").textContent = cash(session.total);
  find("#sums").hidden = false;
}

function line(item, cash) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const amount = document.createElement("span");
  name.textContent = item.quantity > 1 ? `${item.description} × ${item.quantity}` : item.description;
  amount.textContent = cash(item.amount_subtotal);
  row.append(name, amount);
  return row;
}

function prepareForm(session) {
  const free = session.total === 0;
  const email = find("#email");
  if (session.email) Object.assign(email, { value: session.email, readOnly: true });
  find("#payment").hidden = free;
  find("#methods").hidden = !session.debit;
  find("#method-title").hidden = !session.debit;
  find("#pay-text").textContent = free ? "Complete order" : `Pay ${money(session.total, session.currency)}`;
  find("#form").addEventListener("submit", pay);
  find("#methods").addEventListener("change", chooseMethod);
  find("#form").addEventListener("input", (event) => fieldChanged(event.target, event));
  find("[data-testid=challenge-complete]").addEventListener("click", () => answer("complete"));
  find("[data-testid=challenge-fail]").addEventListener("click", () => answer("fail"));
}

function chooseMethod() {
  const debit = method() === "debit";
  find("#card-fields").hidden = debit;
  find("#debit-fields").hidden = !debit;
  showError("");
}

function method() {
  return find("input[name=method]:checked").value;
}

function fieldChanged(field, event) {
  field.removeAttribute("aria-invalid");
  if (field.id === "cardNumber") {
    const atEnd = field.selectionStart === field.value.length;
    if (atEnd) field.value = groupCard(field.value);
    find("#brand").textContent = brandOf(field.value);
  }
  if (field.id === "cardExpiry") field.value = groupExpiry(field.value, event.inputType?.startsWith("delete"));
  if (field.id === "cardCvc") field.value = field.value.replace(/\D/g, "");
}

async function pay(event) {
  event.preventDefault();
  if (find("#form").getAttribute("aria-busy") === "true") return;
  showError("");
  busy(true);
  notifyParent({ type: "checkout:analytics", name: "checkoutSubmitted" });
  const card = method() === "card";
  const result = await call("confirm", {
    method: method(),
    email: find("#email").value,
    number: find(card ? "#cardNumber" : "#accountNumber").value,
    expiry: find("#cardExpiry").value,
    cvc: find("#cardCvc").value,
    name: find("#billingName").value,
  });
  busy(false);
  react(result);
}

async function answer(result) {
  const buttons = document.querySelectorAll("#challenge button");
  for (const button of buttons) button.disabled = true;
  const outcome = await call("challenge", { result });
  for (const button of buttons) button.disabled = false;
  react(outcome);
}

function react(result) {
  if (result.status && result.status !== "open") return finishAs(result);
  if (result.outcome === "requires_action") {
    show("challenge");
    return find("#challenge-title").focus();
  }
  show("form");
  showError(result.message ?? result.error ?? "This did not work. Try again.");
  markField(result.code);
  return notifyParent({ type: "checkout:analytics", name: "checkoutSubmitFailed" });
}

const fields = {
  invalid_email: "#email",
  incorrect_number: "#cardNumber",
  invalid_number: "#cardNumber",
  incomplete_expiry: "#cardExpiry",
  invalid_expiry_year_past: "#cardExpiry",
  expired_card: "#cardExpiry",
  incomplete_cvc: "#cardCvc",
  incorrect_cvc: "#cardCvc",
  incomplete_name: "#billingName",
  invalid_bank_account: "#accountNumber",
};

function markField(code) {
  const field = find(fields[code] ?? (method() === "card" ? "#cardNumber" : "#accountNumber"));
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

function showError(text) {
  const error = find("#error");
  error.textContent = text;
  error.hidden = !text;
  if (!text) for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function busy(on) {
  const form = find("#form");
  const button = find("[data-testid=pay]");
  form.setAttribute("aria-busy", String(on));
  button.classList.toggle("busy", on);
  button.setAttribute("aria-disabled", String(on));
  if (on) button.dataset.text = find("#pay-text").textContent;
  find("#pay-text").textContent = on ? "Processing" : button.dataset.text;
}

function finishAs(session) {
  if (session.status === "expired") return finish("!", "This checkout has expired", "Nothing was charged. Go back and start again.");
  const later = session.payment_status === "unpaid";
  finish(
    "✓",
    later ? "Payment started" : "Payment successful",
    session.redirect_url ? "Taking you back to the shop." : later ? "Your bank confirms it later." : "Thank you.",
  );
  if (framed) return notifyParent({ type: "checkout:complete", redirectUrl: session.redirect_url });
  if (session.redirect_url) location.replace(session.redirect_url);
  return undefined;
}

function finish(mark, title, text) {
  find("#over-mark").textContent = mark;
  find("#over-mark").classList.toggle("bad", mark === "!");
  find("#over-title").textContent = title;
  find("#over-text").textContent = text;
  show("over");
}

function show(wanted) {
  for (const part of parts) find(`#${part}`).hidden = part !== wanted;
  find(".checkout").dataset.state = wanted;
}

function notifyParent(message) {
  if (framed) window.parent.postMessage(message, "*");
}

function notifySize() {
  notifyParent({ type: "checkout:size", height: document.body.getBoundingClientRect().height });
}
