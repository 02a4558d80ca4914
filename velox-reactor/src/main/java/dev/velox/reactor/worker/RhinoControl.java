package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ContextFactory;

/**
 * Stops Rhino from inside: it asks every so many instructions whether to go on. Its engine for
 * {@code javax.script} enters a context for each evaluation, and joins that of the thread if there
 * is one, so ours is entered first and for the whole life of the worker.
 *
 * <p>State: one flag, which is set once by any thread and read by the script's.
 */
final class RhinoControl implements EngineControl {

  private static final int INSTRUCTIONS = 10_000;

  private volatile boolean stopped;
  private @Nullable Context entered;

  @Override
  public void enter() {
    entered = new Factory(this).enterContext();
  }

  @Override
  public void settle() {
    Context own = entered;
    if (own != null) {
      own.processMicrotasks(); // which Rhino's engine does for an evaluation, but not for a call
    }
  }

  @Override
  public void leave() {
    Context own = entered;
    if (own != null) {
      entered = null;
      own.close();
    }
  }

  @Override
  public void stop() {
    stopped = true;
  }

  private static final class Factory extends ContextFactory {
    private final RhinoControl control;

    Factory(RhinoControl control) {
      this.control = control;
    }

    @Override
    protected Context makeContext() {
      Context context = super.makeContext();
      context.setLanguageVersion(Context.VERSION_ES6);
      context.setInstructionObserverThreshold(INSTRUCTIONS);
      context.setGenerateObserverCount(true);
      return context;
    }

    @Override
    protected boolean hasFeature(Context context, int feature) {
      // As Rhino's own engine has it: 3 is written "3", not "3.0".
      return feature == Context.FEATURE_INTEGER_WITHOUT_DECIMAL_PLACE
          || super.hasFeature(context, feature);
    }

    @Override
    protected void observeInstructionCount(Context context, int instructions) {
      if (control.stopped) {
        throw new ScriptStopped();
      }
    }
  }
}
