/* Runs before the first paint, so that a dark window never flashes white: the stored choice, else the system's. */
(function () {
  var choice = 'system';
  try {
    choice = JSON.parse(localStorage.getItem('monge.theme') || '"system"');
  } catch {
    /* Without storage the system decides. */
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
