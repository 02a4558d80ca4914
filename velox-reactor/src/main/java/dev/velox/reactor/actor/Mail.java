package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * A message with what came with it. A message that came with nothing lies in the mailbox as it is.
 */
class Mail {

  final Object message;
  final Context context;
  final @Nullable Asked ask;

  Mail(Object message, Context context, @Nullable Asked ask) {
    this.message = message;
    this.context = context;
    this.ask = ask;
  }

  /** What lies in the mailbox for a message. */
  static Object wrap(Object message, Context context) {
    return context.isEmpty() ? message : new Mail(message, context, null);
  }

  static Object message(Object mail) {
    return mail instanceof Mail with ? with.message : mail;
  }

  static Context context(Object mail) {
    return mail instanceof Mail with ? with.context : Context.empty();
  }

  static @Nullable Asked ask(Object mail) {
    return mail instanceof Mail with ? with.ask : null;
  }
}
