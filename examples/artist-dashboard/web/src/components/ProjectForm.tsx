import { useState, type FormEvent } from 'react';

import { api, type Project, type ProjectStatus } from '../api';

interface Props {
  artistId: number;
  onCreated: (project: Project) => void;
}

export function ProjectForm({ artistId, onCreated }: Props) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    setBusy(true);
    try {
      const project = await api.createProject({
        artistId,
        title: String(values.get('title')),
        status: values.get('status') as ProjectStatus,
        budgetCents: Math.round(Number(values.get('budget')) * 100),
        startsOn: String(values.get('startsOn')),
      });
      form.reset();
      setError('');
      onCreated(project);
    } catch (reason) {
      setError((reason as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="card stack" onSubmit={submit}>
      <h2>New project</h2>
      <label>
        Title
        <input name="title" required maxLength={200} placeholder="Salt Garden Exhibition" />
      </label>
      <div className="columns">
        <label>
          Status
          <select name="status" defaultValue="planned">
            <option value="planned">Planned</option>
            <option value="active">Active</option>
            <option value="finished">Finished</option>
          </select>
        </label>
        <label>
          Budget (€)
          <input name="budget" type="number" min="0" max="20000000" step="0.01" defaultValue="0" />
        </label>
      </div>
      <label>
        Starts on
        <input name="startsOn" type="date" />
      </label>
      {error && <p className="error">{error}</p>}
      <button className="primary" disabled={busy}>
        Create project
      </button>
    </form>
  );
}
