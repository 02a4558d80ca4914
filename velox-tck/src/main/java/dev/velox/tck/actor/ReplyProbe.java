package dev.velox.tck.actor;

import dev.velox.reactor.actor.Reply;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.opentest4j.AssertionFailedError;
import reactor.core.publisher.Signal;

/**
 * What an asker gets from a {@link BehaviorTester}, now or, if the actor keeps the question, at a
 * later step. Nothing here waits.
 *
 * @param <R> the type of the answer
 */
public final class ReplyProbe<R> {

  private final Ending<R> ending;
  private final List<Given> given = new CopyOnWriteArrayList<>();
  private volatile String question = "the question";

  private record Given(String method, List<Object> arguments) {
    @Override
    public String toString() {
      String text = arguments.toString();
      return method + "(" + text.substring(1, text.length() - 1) + ")";
    }
  }

  ReplyProbe(Ending<R> ending) {
    this.ending = ending;
  }

  /** The reply for the message, which writes down what it is given; the library ignores repeats. */
  @SuppressWarnings("unchecked") // a proxy of Reply is a Reply
  Reply<R> recorded(Reply<? super R> real) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          Object[] all = arguments == null ? new Object[0] : arguments;
          if (method.getDeclaringClass() == Reply.class && isAnswer(method.getName())) {
            given.add(new Given(method.getName(), List.of(all)));
          }
          try {
            return method.invoke(real, all);
          } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
          }
        };
    return (Reply<R>)
        Proxy.newProxyInstance(Reply.class.getClassLoader(), new Class<?>[] {Reply.class}, handler);
  }

  private static boolean isAnswer(String method) {
    return method.equals("reply") || method.equals("empty") || method.equals("fail");
  }

  void asks(Object message) {
    question = message.getClass().getSimpleName();
  }

  /**
   * Whether it was answered, in whatever way, or has failed.
   *
   * @return {@code true} if the asker waits no more
   */
  public boolean isDone() {
    return ending.isOver();
  }

  /**
   * The answer, which must be the only one.
   *
   * @return the answer
   * @throws AssertionError if there is none yet, none with a value, or more than one
   */
  public R expectReply() {
    Signal<R> signal = ending.signal();
    if (signal == null) {
      throw new AssertionFailedError(question + " was not answered");
    }
    R value = signal.get();
    if (value == null) {
      throw new AssertionFailedError(
          question + " was expected to get a reply, but got " + signal, signal.getThrowable());
    }
    once();
    return value;
  }

  /**
   * The answer, which must equal the given one, and be the only one.
   *
   * @param expected the answer
   * @return the answer
   * @throws AssertionError if there is none yet, another, or more than one
   */
  public R expectReply(R expected) {
    R value = expectReply();
    if (!value.equals(expected)) {
      throw new AssertionFailedError(
          question + " was expected to get " + expected + ", but got " + value, expected, value);
    }
    return value;
  }

  /**
   * The answer that there is no value.
   *
   * @throws AssertionError if there is none yet, one with a value, an error, or more than one
   */
  public void expectEmpty() {
    Signal<R> signal = ending.signal();
    if (signal == null || !signal.isOnComplete()) {
      throw new AssertionFailedError(
          question
              + " was expected to get an empty reply, but "
              + (signal == null ? "was not answered" : "got " + signal));
    }
    once();
  }

  /**
   * The error that the asker got: the actor's answer, what its behaviour failed with, or why the
   * question was not handled.
   *
   * @param <E> its type
   * @param type its type
   * @return the error
   * @throws AssertionError if there is none, or one of another type
   */
  public <E extends Throwable> E expectFailure(Class<E> type) {
    Signal<R> signal = ending.signal();
    Throwable error = signal == null ? null : signal.getThrowable();
    if (!type.isInstance(error)) {
      throw new AssertionFailedError(
          question
              + " was expected to fail with "
              + type.getSimpleName()
              + ", but "
              + (signal == null ? "was not answered" : "got " + signal),
          error);
    }
    return type.cast(error);
  }

  /**
   * That there is no answer yet, nor any other end.
   *
   * @throws AssertionError if there is
   */
  public void expectNoReply() {
    Signal<R> signal = ending.signal();
    if (signal != null) {
      throw new AssertionFailedError(question + " was expected to wait, but got " + signal);
    }
  }

  private void once() {
    if (given.size() > 1) {
      throw new AssertionFailedError(
          question + " was answered " + given.size() + " times: " + given);
    }
  }

  @Override
  public String toString() {
    Signal<R> signal = ending.signal();
    return "ReplyProbe(" + question + (signal == null ? ", waits)" : ", " + signal + ")");
  }
}
