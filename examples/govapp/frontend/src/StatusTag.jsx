const LABELS = {
  submitted: 'Submitted',
  in_review: 'In review',
  approved: 'Approved',
  rejected: 'Rejected',
};

export function StatusTag({ status }) {
  return <span className={`tag ${status}`}>{LABELS[status]}</span>;
}
