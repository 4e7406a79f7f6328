// The page that is shown: the part of the address after `#`.

import { signal } from "@preact/signals";

const pages = ["overview", "service", "logs", "reloads", "mail", "releases", "dora"] as const;

export interface Route {
  page: (typeof pages)[number];
  /** What of it: a member's name, a mail's address, an app and its environment. */
  argument: string;
  query: URLSearchParams;
}


function parse(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [first = "", ...rest] = path.split("/");
  const page = pages.find((page) => page === first) ?? "overview";
  return { page, argument: rest.map(decodeURIComponent).join("/"), query: new URLSearchParams(query) };
}

export const route = signal(parse());

addEventListener("hashchange", () => {
  route.value = parse();
  scrollTo(0, 0);
});

export function go(hash: string) {
  location.hash = hash;
}

export const serviceHash = (name: string) => `#/service/${encodeURIComponent(name)}`;
