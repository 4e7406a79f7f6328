import { useEffect, useState } from 'react';

import { permitTypes } from './api.js';
import { Apply } from './Apply.jsx';
import { Review } from './Review.jsx';
import { Track } from './Track.jsx';

const PAGES = {
  '#/apply': { title: 'Apply for a permit', Page: Apply },
  '#/track': { title: 'Track an application', Page: Track },
  '#/review': { title: 'Review (clerks)', Page: Review },
};

export function App() {
  const [hash, setHash] = useState(window.location.hash);
  const [types, setTypes] = useState([]);
  const [error, setError] = useState('');

  useEffect(() => {
    const update = () => setHash(window.location.hash);
    window.addEventListener('hashchange', update);
    permitTypes().then(setTypes, (reason) => setError(reason.message));
    return () => window.removeEventListener('hashchange', update);
  }, []);

  const current = PAGES[hash] ? hash : '#/apply';
  const { Page, title } = PAGES[current];

  return (
    <>
      <header>
        <div className="bar">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <strong>GovApp</strong>
          <nav>
            {Object.entries(PAGES).map(([target, page]) => (
              <a key={target} href={target} className={target === current ? 'active' : undefined}>
                {page.title}
              </a>
            ))}
          </nav>
        </div>
      </header>
      <main>
        <h1>{title}</h1>
        {error && <p className="error">{error}</p>}
        <Page types={types} />
      </main>
    </>
  );
}
