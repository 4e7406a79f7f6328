window.addEventListener('message', (event) => {
  document.querySelector('#answer').innerHTML = event.data.html;
});

const wanted = decodeURIComponent(location.hash.slice(1));
document.querySelector('#title').textContent = wanted;
