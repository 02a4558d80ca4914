// Makes the globals of a worker, in ECMAScript 5, so that any engine runs it. What it calls on the host is ScriptHost;
// what the host calls is __velox_dispatch.
(function (global, host) {
  var NULL = 0, FALSE = 1, TRUE = 2, NUMBER = 3, TEXT = 4, DATE = 5, LIST = 6, MAP = 7, BYTES = 8, END = 9;
  var MAX_DEPTH = 200;

  // ---- values: copied in both directions, token by token ------------------------------------

  function read(kind) {
    switch (kind) {
      case FALSE: return false;
      case TRUE: return true;
      case NUMBER: return host.number();
      case TEXT: return String(host.text());
      case DATE: return new Date(host.number());
      case LIST: return readList();
      case MAP: return readMap();
      case BYTES: return readBytes(host.number());
      default: return null;
    }
  }

  function readList() {
    var list = [];
    for (var kind = host.next(); kind !== END; kind = host.next()) {
      list.push(read(kind));
    }
    return list;
  }

  function readMap() {
    var map = {};
    for (var kind = host.next(); kind !== END; kind = host.next()) {
      var key = String(host.text());
      var value = read(host.next());
      if (key === '__proto__') {
        Object.defineProperty(map, key, { value: value, enumerable: true, configurable: true, writable: true });
      } else {
        map[key] = value;
      }
    }
    return map;
  }

  function readBytes(length) {
    var bytes = typeof Uint8Array === 'function' ? new Uint8Array(length) : [];
    for (var i = 0; i < length; i++) {
      bytes[i] = host.byteAt(i);
    }
    return bytes;
  }

  function refuse(path, why) {
    var error = new Error(path + ' ' + why);
    error.name = 'DataCloneError';
    throw error;
  }

  function write(value, path, ancestors) {
    if (value === undefined || value === null) {
      host.putNull();
      return;
    }
    switch (typeof value) {
      case 'boolean': host.putBoolean(value); return;
      case 'number': host.putNumber(value); return;
      case 'string': host.putText(value); return;
      case 'object': break;
      default: refuse(path, 'is a ' + typeof value + ', which cannot leave its engine');
    }
    var tag = Object.prototype.toString.call(value).slice(8, -1);
    switch (tag) {
      case 'Boolean': host.putBoolean(value.valueOf()); return;
      case 'Number': host.putNumber(value.valueOf()); return;
      case 'String': host.putText(String(value)); return;
      case 'Date': host.putDate(value.getTime()); return;
      case 'Uint8Array': writeBytes(value); return;
      case 'Array': case 'Object': case 'Error': break;
      default: refuse(path, 'is a ' + tag + ', which cannot leave its engine');
    }
    if (ancestors.indexOf(value) >= 0) {
      refuse(path, 'contains itself');
    }
    if (ancestors.length >= MAX_DEPTH) {
      refuse(path, 'is nested deeper than ' + MAX_DEPTH + ' levels');
    }
    ancestors.push(value);
    if (tag === 'Array') {
      writeList(value, path, ancestors);
    } else {
      writeMap(tag === 'Error' ? { name: value.name, message: value.message } : value, path, ancestors);
    }
    ancestors.pop();
  }

  function writeList(list, path, ancestors) {
    host.beginList();
    for (var i = 0; i < list.length; i++) {
      write(list[i], path + '[' + i + ']', ancestors);
    }
    host.end();
  }

  function writeMap(map, path, ancestors) {
    var keys = Object.keys(map);
    host.beginMap();
    for (var i = 0; i < keys.length; i++) {
      host.key(keys[i]);
      write(map[keys[i]], path + '.' + keys[i], ancestors);
    }
    host.end();
  }

  function writeBytes(bytes) {
    host.beginBytes(bytes.length);
    for (var i = 0; i < bytes.length; i++) {
      host.putByte(i, bytes[i]);
    }
  }

  // ---- errors -------------------------------------------------------------------------------

  function isError(thrown) {
    return thrown !== null && typeof thrown === 'object' && thrown.message !== undefined;
  }

  function known(number) {
    return typeof number === 'number' && number > 0 ? number : -1;
  }

  // Engines agree on the stack only so far that each call is a line of "at", and has a file and a line in it.
  function place(error) {
    if (error.fileName && error.lineNumber > 0) {
      return { file: String(error.fileName), line: error.lineNumber, column: known(error.columnNumber) };
    }
    var top = /^\s*at .*?([^\s()]+?):(\d+)(?::(\d+))?/m.exec(String(error.stack));
    return top
      ? { file: top[1], line: Number(top[2]), column: known(Number(top[3])) }
      : { file: '', line: -1, column: -1 };
  }

  function raise(thrown) {
    var isOne = isError(thrown);
    var message = isOne ? (thrown.name ? thrown.name + ': ' : '') + thrown.message : 'Uncaught ' + String(thrown);
    var at = place(isOne ? thrown : {});
    var handled = false;
    if (typeof global.onerror === 'function') {
      try {
        handled = global.onerror(message, at.file, at.line, at.column, thrown) === true;
      } catch (second) {
        host.failed(isError(second) ? second.name + ': ' + second.message : String(second), at.file, at.line, at.column, null);
      }
    }
    if (!handled) {
      host.failed(message, at.file, at.line, at.column, (isOne && thrown.javaException) || null);
    }
  }

  function guarded(callee, self, args) {
    try {
      var result = callee.apply(self, args);
      if (result && typeof result.then === 'function') {
        result.then(undefined, raise); // an asynchronous one fails later
      }
    } catch (thrown) {
      raise(thrown);
    }
  }

  // ---- timers -------------------------------------------------------------------------------

  var timers = {};
  var lastTimer = 0;

  function startTimer(callee, delay, args, repeats) {
    if (typeof callee !== 'function') {
      throw new TypeError('a timer needs a function, not a ' + typeof callee);
    }
    var id = ++lastTimer;
    timers[id] = { callee: callee, args: args, repeats: repeats };
    host.startTimer(id, Math.max(0, Number(delay) || 0), repeats);
    return id;
  }

  function stopTimer(id) {
    if (timers[id]) {
      delete timers[id];
      host.stopTimer(id);
    }
  }

  // ---- what a script sees -------------------------------------------------------------------

  var listeners = [];

  function shown(value) {
    if (typeof value === 'object' && value !== null && !isError(value)) {
      try {
        return JSON.stringify(value);
      } catch (unprintable) {
        return String(value);
      }
    }
    return String(value);
  }

  function printer(level) {
    return function () {
      host.console(level, Array.prototype.map.call(arguments, shown).join(' '));
    };
  }

  global.self = global;
  global.name = String(host.name());
  global.postMessage = function (message) {
    if (message === undefined || message === null) {
      refuse('message', 'is ' + message + ', which cannot be posted: a Mono carries no null');
    }
    host.begin();
    write(message, 'message', []);
    host.post();
  };
  global.close = function (code) {
    host.close(typeof code === 'number' ? code : 0);
  };
  global.addEventListener = function (type, listener) {
    if (type === 'message' && typeof listener === 'function' && listeners.indexOf(listener) < 0) {
      listeners.push(listener);
    }
  };
  global.removeEventListener = function (type, listener) {
    var index = type === 'message' ? listeners.indexOf(listener) : -1;
    if (index >= 0) {
      listeners.splice(index, 1);
    }
  };
  global.setTimeout = function (callee, delay) {
    return startTimer(callee, delay, Array.prototype.slice.call(arguments, 2), false);
  };
  global.setInterval = function (callee, delay) {
    return startTimer(callee, delay, Array.prototype.slice.call(arguments, 2), true);
  };
  global.clearTimeout = stopTimer;
  global.clearInterval = stopTimer;
  global.console = {
    log: printer('info'), info: printer('info'), debug: printer('debug'), warn: printer('warn'), error: printer('error')
  };
  // A function, where the Web has a property: Rhino takes a getter that is read in a hot loop for a constant.
  global.abortSignal = { isAborted: function () { return host.isAborted(); } };
  global.workerData = host.readData() ? read(host.next()) : null;

  global.__velox_dispatch = function (what, id) {
    if (what === 'message') {
      var event = { type: 'message', data: read(host.next()), target: global };
      if (typeof global.onmessage === 'function') {
        guarded(global.onmessage, global, [event]);
      }
      var now = listeners.slice();
      for (var i = 0; i < now.length; i++) {
        guarded(now[i], global, [event]);
      }
    } else {
      var timer = timers[id];
      if (timer) {
        if (!timer.repeats) {
          delete timers[id];
        }
        guarded(timer.callee, global, timer.args);
      }
    }
  };
})(this, __velox_host);
