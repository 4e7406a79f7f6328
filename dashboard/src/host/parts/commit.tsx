// A commit, as people recognise it.

interface Props {
  of: { commit: string | null; subject: string | null; author?: string | null; dirty: boolean };
  /** Who wrote it, too. */
  author?: boolean;
}

export function Commit({ of, author = false }: Props) {
  return (
    <span class="commit">
      {of.commit && <code class="muted">{of.commit.slice(0, 9)}</code>} {of.subject}
      {of.dirty && <span class="badge">with changes</span>}
      {author && of.author && <span class="muted"> by {of.author}</span>}
    </span>
  );
}
