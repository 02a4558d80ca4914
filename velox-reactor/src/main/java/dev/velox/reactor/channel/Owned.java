package dev.velox.reactor.channel;

import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * A buffered element together with the context of who sent it, kept only if that has a hook for
 * discarded elements: the hook has to be found again if the channel is cancelled long after the
 * send has completed.
 *
 * @param element the element
 * @param context the sender's context
 */
record Owned(Object element, Context context) {

  // The key under which doOnDiscard keeps its hook (reactor-core, Hooks.KEY_ON_DISCARD, which is
  // not public).
  private static final String HOOK = "reactor.onDiscard.local";

  /** The form in which an element enters the buffer. */
  static Object wrap(Object element, ContextView context) {
    return !context.isEmpty() && context.hasKey(HOOK)
        ? new Owned(element, Context.of(context))
        : element;
  }

  /** The element that the buffer holds in either form. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a channel puts in only T
  static <T> T unwrap(Object buffered) {
    return (T) (buffered instanceof Owned owned ? owned.element : buffered);
  }

  /** The context with which a buffered element is to be discarded. */
  static Context contextOf(Object buffered) {
    return buffered instanceof Owned owned ? owned.context : Context.empty();
  }
}
