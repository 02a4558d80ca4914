// The specification's worker: computes over what it is sent.
onmessage = function (event) {
  var message = event.data;
  if (message.type === 'compute') {
    postMessage(message.data.reduce(function (sum, n) { return sum + n; }, 0));
  } else {
    throw new Error('no such thing as ' + message.type);
  }
};
