package dev.velox.reactor.stm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One committed value of a ref.
 *
 * <p>The <i>head</i> of a ref is either its first value, bare, which has number 0, or a {@code
 * Version}. A head never comes back once another has taken its place, so its identity stands for
 * "nothing has changed".
 *
 * <p>{@code number} and {@code previous} are written by the transaction alone until its commit is
 * decided, and published by that. Afterwards {@code number} never changes, and {@code previous}
 * only loses versions that no snapshot needs; until the version is installed it is the head to
 * replace.
 */
final class Version {

  private static final VarHandle PREVIOUS;

  static {
    try {
      PREVIOUS = MethodHandles.lookup().findVarHandle(Version.class, "previous", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final TRef<?> ref;
  final Object value;
  long number;

  @SuppressWarnings("UnusedVariable") // through PREVIOUS
  private @Nullable Object previous;

  Version(TRef<?> ref, Object value) {
    this.ref = ref;
    this.value = value;
  }

  /** Made ready for a commit, by its owner, before it is decided. */
  void stamp(long number, Object previous) {
    this.number = number;
    this.previous = previous;
  }

  /** The head before this one: a version, the first value, or {@code null} if nobody needs it. */
  @Nullable Object previous() {
    return PREVIOUS.getAcquire(this);
  }

  void forget(@Nullable Object older) {
    PREVIOUS.setRelease(this, older);
  }

  static Object valueOf(Object head) {
    return head instanceof Version version ? version.value : head;
  }

  static long numberOf(Object head) {
    return head instanceof Version version ? version.number : 0;
  }
}
