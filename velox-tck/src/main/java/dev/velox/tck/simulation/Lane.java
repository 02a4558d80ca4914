package dev.velox.tck.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** What would be one thread: its tasks run in the order in which they were given. */
final class Lane {

  /** A task that can be called off until it has begun. */
  static final class Task implements Disposable {
    private @Nullable Runnable action;

    Task(Runnable action) {
      this.action = action;
    }

    void run() {
      Runnable todo = action;
      action = null;
      if (todo != null) {
        todo.run();
      }
    }

    @Override
    public void dispose() {
      action = null;
    }

    @Override
    public boolean isDisposed() {
      return action == null;
    }
  }

  private final String name;
  private final Deque<Task> tasks = new ArrayDeque<>();

  Lane(String name) {
    this.name = name;
  }

  void add(Task task) {
    tasks.add(task);
  }

  boolean isReady() {
    tasks.removeIf(Task::isDisposed);
    return !tasks.isEmpty();
  }

  Task next() {
    return tasks.remove();
  }

  void clear() {
    tasks.clear();
  }

  @Override
  public String toString() {
    return name;
  }
}
