import { useState } from 'react';

import { submitApplication } from './api.js';

export function Apply({ types }) {
  const [receipt, setReceipt] = useState(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    try {
      setReceipt(await submitApplication(Object.fromEntries(new FormData(event.currentTarget))));
      setError('');
    } catch (reason) {
      setError(reason.message);
    } finally {
      setBusy(false);
    }
  }

  if (receipt) {
    return (
      <div className="panel">
        <h2>We have received your application</h2>
        <p>
          Your reference is <strong className="reference">{receipt.reference}</strong>. Keep it, you
          need it to track your application.
        </p>
        <button onClick={() => setReceipt(null)}>Apply for another permit</button>
      </div>
    );
  }

  return (
    <form className="panel" onSubmit={submit}>
      <label>
        Permit
        <select name="permit_type" required>
          {types.map((type) => (
            <option key={type.id} value={type.id}>
              {type.name}
            </option>
          ))}
        </select>
      </label>
      <div className="row">
        <label>
          Your name
          <input name="applicant_name" required maxLength={120} autoComplete="name" />
        </label>
        <label>
          Email
          <input name="applicant_email" type="email" required autoComplete="email" />
        </label>
      </div>
      <label>
        Address of the site
        <input name="address" required maxLength={300} autoComplete="street-address" />
      </label>
      <label>
        What do you plan to do?
        <textarea name="description" rows="5" required maxLength={4000} />
      </label>
      {error && <p className="error">{error}</p>}
      <button className="primary" disabled={busy}>
        Send application
      </button>
    </form>
  );
}
