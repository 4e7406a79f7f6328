// A window over the page: the browser keeps the focus in it and closes it on Escape.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  open: boolean;
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ open, title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) element.showModal();
    if (!open) element.close();
  }, [open]);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={title} onClick={(event) => event.target === dialog.current && onClose()}>
      {open && (
        <div class="body">
          <h2>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}
