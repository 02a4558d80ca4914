// What the specification's worker may look like: it sums what it is sent.
onmessage = function (event) {
  var message = event.data;
  if (message.type === 'compute') {
    postMessage(message.data.reduce(function (sum, n) { return sum + n; }, 0));
  }
};
