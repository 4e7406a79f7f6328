import { useCallback, useEffect, useState } from 'react';

import { clerkLogin, decide, listApplications } from './api.js';
import { StatusTag } from './StatusTag.jsx';

const NEXT = {
  submitted: [
    ['in_review', 'Start review'],
    ['rejected', 'Reject'],
  ],
  in_review: [
    ['approved', 'Approve'],
    ['rejected', 'Reject'],
  ],
};

function ClerkLogin({ onToken }) {
  const [error, setError] = useState('');

  async function submit(event) {
    event.preventDefault();
    try {
      onToken((await clerkLogin(new FormData(event.currentTarget).get('password'))).token);
    } catch (reason) {
      setError(reason.message);
    }
  }

  return (
    <form className="panel inline" onSubmit={submit}>
      <label>
        Clerk password
        <input name="password" type="password" required autoComplete="current-password" />
      </label>
      <button className="primary">Sign in</button>
      {error && <p className="error">{error}</p>}
    </form>
  );
}

export function Review({ types }) {
  const [token, setToken] = useState(() => sessionStorage.getItem('clerk-token'));
  const [filter, setFilter] = useState('');
  const [applications, setApplications] = useState([]);
  const [notes, setNotes] = useState({});
  const [error, setError] = useState('');

  const signIn = (value) => {
    if (value) sessionStorage.setItem('clerk-token', value);
    else sessionStorage.removeItem('clerk-token');
    setToken(value);
  };

  const load = useCallback(async () => {
    if (!token) return;
    try {
      setApplications(await listApplications(token, filter));
      setError('');
    } catch (reason) {
      if (reason.status === 401) signIn(null);
      else setError(reason.message);
    }
  }, [token, filter]);

  useEffect(() => {
    load();
  }, [load]);

  async function move(reference, status) {
    try {
      await decide(token, reference, status, notes[reference] ?? '');
      await load();
    } catch (reason) {
      setError(reason.message);
    }
  }

  if (!token) return <ClerkLogin onToken={signIn} />;

  return (
    <>
      <div className="tools">
        <select
          aria-label="Status"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        >
          <option value="">All applications</option>
          <option value="submitted">Submitted</option>
          <option value="in_review">In review</option>
          <option value="approved">Approved</option>
          <option value="rejected">Rejected</option>
        </select>
        <button onClick={() => signIn(null)}>Sign out</button>
      </div>
      {error && <p className="error">{error}</p>}
      {applications.length === 0 && <p className="muted">No applications here.</p>}
      {applications.map((item) => (
        <article className="panel" key={item.reference}>
          <h2>
            {types.find((type) => type.id === item.permit_type)?.name ?? item.permit_type}{' '}
            <StatusTag status={item.status} />
          </h2>
          <p className="muted">
            <span className="reference">{item.reference}</span> · {item.applicant_name} (
            {item.applicant_email}) · {item.address}
          </p>
          <p>{item.description}</p>
          {item.decision_note && <blockquote>{item.decision_note}</blockquote>}
          {NEXT[item.status] && (
            <div className="actions">
              <input
                aria-label="Note"
                placeholder="Note to the applicant"
                value={notes[item.reference] ?? ''}
                onChange={(event) => setNotes({ ...notes, [item.reference]: event.target.value })}
              />
              {NEXT[item.status].map(([status, label]) => (
                <button key={status} onClick={() => move(item.reference, status)}>
                  {label}
                </button>
              ))}
            </div>
          )}
        </article>
      ))}
    </>
  );
}
