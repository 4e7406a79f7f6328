import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';

import { api } from '../api';
import { Avatar } from '../components/Avatar';
import { Pager } from '../components/Pager';
import { useLoad } from '../useLoad';

export function ArtistsPage() {
  const [params, setParams] = useSearchParams();
  const search = params.get('search') ?? '';
  const page = Number(params.get('page') ?? 1);
  const [text, setText] = useState(search);
  const { data, error } = useLoad(() => api.artists(search, page), [search, page]);

  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => setParams(text ? { search: text } : {}), 250);
    return () => clearTimeout(timer);
  }, [text, search, setParams]);

  function goTo(next: number) {
    setParams({ ...(search && { search }), page: String(next) });
    window.scrollTo(0, 0);
  }

  return (
    <>
      <div className="heading">
        <div>
          <h1>Artists</h1>
          {data && <p className="muted">{data.total.toLocaleString('en')} artists</p>}
        </div>
        <input
          type="search"
          placeholder="Search name, discipline or city"
          aria-label="Search artists"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {error && <p className="error">{error}</p>}
      {data && (
        <>
          <div className="card table">
            <table>
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Discipline</th>
                  <th>City</th>
                  <th className="number">Projects</th>
                </tr>
              </thead>
              <tbody>
                {data.items.map((artist) => (
                  <tr key={artist.id}>
                    <td>
                      <Link className="person" to={`/artists/${artist.id}`}>
                        <Avatar name={artist.name} />
                        {artist.name}
                      </Link>
                    </td>
                    <td>{artist.discipline}</td>
                    <td>{artist.city}</td>
                    <td className="number">{artist.projectCount}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {data.items.length === 0 && <p className="empty">No artist matches “{search}”.</p>}
          </div>
          <Pager page={data.page} pageSize={data.pageSize} total={data.total} onPage={goTo} />
        </>
      )}
    </>
  );
}
