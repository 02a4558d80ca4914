package dev.velox.reactor.worker;

import javax.script.ScriptEngine;
import org.jspecify.annotations.Nullable;

/** How a script is ended that heeds neither the abort signal nor an interrupt. */
interface HardStop {

  /** What a stopped script throws. It is no exception, so that the script can't catch it. */
  final class ScriptStopped extends Error {

    private static final long serialVersionUID = 1L;

    ScriptStopped() {
      super("This script was stopped", null, false, false);
    }
  }

  /** From now on this thread runs the script; called before anything is evaluated. */
  void enter();

  /** This thread runs the script no longer. */
  void leave();

  /** Ends the script; from any thread. */
  void stop();

  /** The means for an engine; {@code null} if there is none. */
  static @Nullable HardStop of(ScriptEngine engine) {
    return engine.getClass().getName().equals("org.mozilla.javascript.engine.RhinoScriptEngine")
        ? new RhinoStop()
        : null;
  }
}
