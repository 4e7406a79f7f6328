import { useState } from 'react';

import { applicationStatus } from './api.js';
import { StatusTag } from './StatusTag.jsx';

const day = (value) => new Date(value).toLocaleDateString('en-GB', { dateStyle: 'long' });

export function Track({ types }) {
  const [result, setResult] = useState(null);
  const [error, setError] = useState('');

  async function submit(event) {
    event.preventDefault();
    try {
      setResult(await applicationStatus(new FormData(event.currentTarget).get('reference').trim()));
      setError('');
    } catch (reason) {
      setResult(null);
      setError(reason.message);
    }
  }

  return (
    <>
      <form className="panel inline" onSubmit={submit}>
        <label>
          Reference
          <input name="reference" required placeholder="P-2345-6789" />
        </label>
        <button className="primary">Show status</button>
      </form>
      {error && <p className="error">{error}</p>}
      {result && (
        <div className="panel">
          <h2>
            {types.find((type) => type.id === result.permit_type)?.name ?? result.permit_type}{' '}
            <StatusTag status={result.status} />
          </h2>
          <p>Submitted on {day(result.submitted_at)}.</p>
          {result.decided_at && <p>Decided on {day(result.decided_at)}.</p>}
          {result.decision_note && <blockquote>{result.decision_note}</blockquote>}
        </div>
      )}
    </>
  );
}
