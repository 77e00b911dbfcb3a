/** The frame's head: where one can go, who is signed in, and the way out. */

import { nameOf } from "./logic/tokens.js";

/** Fills the links and the account part of the page's head. */
export function mountHeader({ auth, hasFeature }) {
  const nav = document.querySelector("[data-slot=nav]");
  const links = [link("dashboard.html", "Dashboard")];
  if (hasFeature("bookings")) links.push(link("bookings.html", "My bookings"));
  nav.replaceChildren(...links);
  document.querySelector("[data-slot=account]").replaceChildren(student(nameOf(auth.claims())), signOutButton(auth));
}

function link(address, label) {
  const element = document.createElement("a");
  element.href = address;
  element.textContent = label;
  if (location.pathname.endsWith(`/${address}`)) element.setAttribute("aria-current", "page");
  return element;
}

function student(name) {
  const element = document.createElement("span");
  element.className = "student";
  element.textContent = name;
  element.title = `Signed in as ${name}`;
  return element;
}

function signOutButton(auth) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button-link";
  element.dataset.testid = "signout";
  element.textContent = "Sign out";
  element.addEventListener("click", () => {
    auth.signOut();
    location.assign("index.html");
  });
  return element;
}
