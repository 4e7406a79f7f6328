const BASE_URL = import.meta.env.VITE_API_BASE_URL ?? '/api';

function messageOf(detail, status) {
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) {
    return detail.map((item) => `${item.loc.at(-1).replace('_', ' ')}: ${item.msg}`).join('; ');
  }
  return `The service answered with ${status}`;
}

async function request(path, { body, token } = {}) {
  const response = await fetch(BASE_URL + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const data = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw Object.assign(new Error(messageOf(data.detail, response.status)), {
      status: response.status,
    });
  }
  return data;
}

export const permitTypes = () => request('/permit-types');
export const submitApplication = (body) => request('/applications', { body });
export const applicationStatus = (reference) =>
  request(`/applications/${encodeURIComponent(reference)}/status`);
export const clerkLogin = (password) => request('/clerk/login', { body: { password } });
export const listApplications = (token, status) =>
  request(`/applications${status ? `?status=${status}` : ''}`, { token });
export const decide = (token, reference, status, note) =>
  request(`/applications/${reference}/decision`, { token, body: { status, note } });
