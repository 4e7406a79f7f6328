// Icons: strokes on a grid of 16.

const paths = {
  ready: "M3 8.5l3.2 3.2L13 5",
  starting: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  waiting: "M8 4.5V8l2.5 1.5M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11",
  warn: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.4v.1",
  failed: "M4 4l8 8M12 4l-8 8",
  stopped: "M4.5 4.5h7v7h-7z",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5L14 14",
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  start: "M5 3.5l7.5 4.5L5 12.5z",
  stop: "M4.5 4.5h7v7h-7z",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  link: "M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5",
  service: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1",
  resource: "M8 2.5c3 0 5 .9 5 2s-2 2-5 2-5-.9-5-2 2-2 5-2M3 4.5v7c0 1.1 2 2 5 2s5-.9 5-2v-7M3 8c0 1.1 2 2 5 2s5-.9 5-2",
  job: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3l2 1.5",
  clip: "M11.5 6.5L7 11a1.8 1.8 0 0 1-2.5-2.5l5-5a2.8 2.8 0 0 1 4 4L8 13",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, spin = false }: { name: IconName; spin?: boolean }) {
  return (
    <svg class={spin ? "icon spin" : "icon"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
