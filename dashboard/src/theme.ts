// Light or dark: the system's choice, unless somebody chose here.

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const key = "sea-theme";

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export const theme = signal<Theme>(stored());
const system = matchMedia("(prefers-color-scheme: dark)");
export const dark = signal(false);

effect(() => {
  const choice = theme.value;
  document.documentElement.dataset.theme = choice;
  dark.value = choice === "system" ? system.matches : choice === "dark";
  try {
    if (choice === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, choice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
});
system.addEventListener("change", () => {
  if (theme.value === "system") dark.value = system.matches;
});

export function toggle() {
  theme.value = dark.value ? "light" : "dark";
}

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
