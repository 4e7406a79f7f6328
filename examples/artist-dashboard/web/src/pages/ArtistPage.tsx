import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router-dom';

import { api } from '../api';
import { Avatar } from '../components/Avatar';
import { Pager } from '../components/Pager';
import { ProjectForm } from '../components/ProjectForm';
import { RecommendationPanel } from '../components/RecommendationPanel';
import { useLoad } from '../useLoad';

const money = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'EUR',
  maximumFractionDigits: 0,
});

export function ArtistPage() {
  const artistId = Number(useParams().id);
  const [page, setPage] = useState(1);
  const artist = useLoad(() => api.artist(artistId), [artistId]);
  const projects = useLoad(() => api.projects(artistId, page), [artistId, page]);

  useEffect(() => {
    setPage(1);
    window.scrollTo(0, 0);
  }, [artistId]);

  if (artist.error) return <p className="error">{artist.error}</p>;
  if (!artist.data) return <p className="empty">Loading…</p>;
  const { name, discipline, city, bio } = artist.data;

  function showNewProject() {
    setPage(1);
    projects.reload();
  }

  return (
    <>
      <div className="heading">
        <div className="person">
          <Avatar name={name} large />
          <div>
            <h1>{name}</h1>
            <p className="muted">
              {discipline} · {city}
            </p>
          </div>
        </div>
        <Link className="button" to={`/artists/${artistId}/portfolio`}>
          View portfolio
        </Link>
      </div>
      {bio && <p className="bio">{bio}</p>}
      <div className="split">
        <section>
          <div className="card table">
            <table>
              <thead>
                <tr>
                  <th>Project</th>
                  <th>Status</th>
                  <th>Starts</th>
                  <th className="number">Budget</th>
                </tr>
              </thead>
              <tbody>
                {projects.data?.items.map((project) => (
                  <tr key={project.id}>
                    <td>{project.title}</td>
                    <td>
                      <span className={`status ${project.status}`}>{project.status}</span>
                    </td>
                    <td className="date">{project.startsOn ?? '–'}</td>
                    <td className="number">{money.format(project.budgetCents / 100)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {projects.data?.total === 0 && <p className="empty">No projects yet.</p>}
            {projects.error && <p className="error">{projects.error}</p>}
          </div>
          {projects.data && projects.data.total > projects.data.pageSize && (
            <Pager {...projects.data} onPage={setPage} />
          )}
        </section>
        <aside>
          <ProjectForm artistId={artistId} onCreated={showNewProject} />
          <RecommendationPanel key={artistId} artistId={artistId} />
        </aside>
      </div>
    </>
  );
}
