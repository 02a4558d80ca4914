package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Options of an {@link ActorGroup}. It is not for use by several threads at once.
 *
 * @param <K> the type of the keys
 * @param <M> the type of the messages
 */
public final class ActorGroupBuilder<K, M> {

  private final Function<? super K, ? extends ActorBuilder<?, M>> maker;
  String name = "group";
  Duration idleTimeout = Duration.ofMinutes(5);
  int maxKeys = Integer.MAX_VALUE;
  @Nullable ActorSystem system;
  @Nullable Scheduler timer;

  ActorGroupBuilder(Function<? super K, ? extends ActorBuilder<?, M>> maker) {
    this.maker = maker;
  }

  /**
   * A name, for errors and as the first part of its actors' names. The default is {@code group}.
   *
   * @param groupName the name
   * @return this builder
   */
  public ActorGroupBuilder<K, M> name(String groupName) {
    this.name = Args.notNull(groupName, "name");
    return this;
  }

  /**
   * How long an actor is idle before it ends. The default is five minutes. It is kept by the coarse
   * timer that all asks share: up to 10 ms late.
   *
   * @param idle how long
   * @return this builder
   * @throws IllegalArgumentException if {@code idle} is not positive
   */
  public ActorGroupBuilder<K, M> idleTimeout(Duration idle) {
    this.idleTimeout = Args.positive(idle, "idleTimeout");
    return this;
  }

  /**
   * How many keys may live at a time; another one is refused. It is never exceeded; while several
   * threads make the same key's actor at once, each of them counts for a moment. The default is any
   * number.
   *
   * @param keys how many
   * @return this builder
   * @throws IllegalArgumentException if {@code keys} is not positive
   */
  public ActorGroupBuilder<K, M> maxKeys(int keys) {
    this.maxKeys = Args.positive(keys, "maxKeys");
    return this;
  }

  /**
   * The system that the group belongs to: dead letters and events of its actors go there, and the
   * shutdown of the system stops the group.
   *
   * @param owner the system
   * @return this builder
   */
  public ActorGroupBuilder<K, M> system(ActorSystem owner) {
    this.system = Args.notNull(owner, "system");
    return this;
  }

  /**
   * Whose time ends idle actors and graces. The default is {@code Schedulers.parallel()}, looked up
   * at each use.
   *
   * @param clock the scheduler
   * @return this builder
   */
  public ActorGroupBuilder<K, M> timer(Scheduler clock) {
    this.timer = Args.notNull(clock, "timer");
    return this;
  }

  /**
   * Builds a group.
   *
   * @return a new group, without actors; stopped if its system is
   */
  public ActorGroup<K, M> build() {
    ActorGroupBuilder<K, M> copy = new ActorGroupBuilder<>(maker);
    copy.name = name;
    copy.idleTimeout = idleTimeout;
    copy.maxKeys = maxKeys;
    copy.system = system;
    copy.timer = timer;
    DefaultActorGroup<K, M> group = new DefaultActorGroup<>(maker, copy);
    if (copy.system != null) {
      copy.system.joined(group);
    }
    return group;
  }
}
