// A commit, as people recognise it.

interface Props {
  of: { commit: string | null; subject: string | null; dirty: boolean };
}

export function Commit({ of }: Props) {
  return (
    <span class="commit">
      {of.commit && <code class="muted">{of.commit.slice(0, 9)}</code>} {of.subject}
      {of.dirty && <span class="badge">with changes</span>}
    </span>
  );
}

/** A person without the address that git has of them. */
export const person = (author: string) => author.replace(/ <[^>]*>$/, "");
