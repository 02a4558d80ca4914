package dev.velox.reactor.worker;

import javax.script.ScriptEngine;
import org.jspecify.annotations.Nullable;

/**
 * What an engine can do beyond {@code javax.script}: be ended by force, when its script heeds
 * neither the abort signal nor an interrupt, and run what a script has lined up for after its call.
 */
interface EngineControl {

  /** What a stopped script throws. It is no exception, so that the script can't catch it. */
  final class ScriptStopped extends Error {

    private static final long serialVersionUID = 1L;

    ScriptStopped() {
      super("This script was stopped", null, false, false);
    }
  }

  /** From now on this thread runs the script; called before anything is evaluated. */
  void enter();

  /** A call of the script has returned; runs the reactions of its promises. */
  void settle();

  /** This thread runs the script no longer. */
  void leave();

  /** Ends the script; from any thread. */
  void stop();

  /** The means for an engine; {@code null} if there is none. */
  static @Nullable EngineControl of(ScriptEngine engine) {
    return engine.getClass().getName().equals("org.mozilla.javascript.engine.RhinoScriptEngine")
        ? new RhinoControl()
        : null;
  }
}
