package dev.velox.reactor.worker;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way into a script: a copy, as a flat row of tokens, that shares nothing with the
 * original that could change.
 *
 * <p>What can be copied: {@code null}, booleans, numbers that a {@code double} tells exactly,
 * texts, characters, enums (their name), instants and dates, {@code byte[]}, arrays, collections,
 * maps and records.
 */
final class Copy {

  /** The tokens that are no values. */
  enum Mark {
    LIST,
    MAP,
    END
  }

  private static final int MAX_DEPTH = 200;
  private static final long MAX_EXACT = 1L << 53;

  private final List<@Nullable Object> tokens;

  private Copy(List<@Nullable Object> tokens) {
    this.tokens = tokens;
  }

  /**
   * Copies a value; errors call it by the name.
   *
   * @throws DataCloneException if it, or something in it, can't be copied
   */
  static Copy of(@Nullable Object value, String name) {
    Copying copying = new Copying();
    copying.add(value, name);
    return new Copy(copying.tokens);
  }

  List<@Nullable Object> tokens() {
    return tokens;
  }

  /** Builds the value again, for an engine that takes Java's own lists and maps. */
  @Nullable Object build() {
    CopyBuilder builder = new CopyBuilder();
    boolean isKey = false;
    List<Boolean> inMap = new ArrayList<>();
    for (Object token : tokens) {
      boolean isMap = !inMap.isEmpty() && inMap.get(inMap.size() - 1);
      if (token == Mark.END) {
        inMap.remove(inMap.size() - 1);
        builder.end();
        isKey = true;
      } else if (isMap && isKey) {
        builder.key((String) token);
        isKey = false;
      } else if (token instanceof Mark mark) {
        inMap.add(mark == Mark.MAP);
        builder.begin(mark);
        isKey = true;
      } else {
        builder.put(token);
        isKey = true;
      }
    }
    return builder.value();
  }

  private static final class Copying {
    private final List<@Nullable Object> tokens = new ArrayList<>();
    private final IdentityHashMap<Object, Boolean> ancestors = new IdentityHashMap<>();

    void add(@Nullable Object value, String path) {
      if (value == null || value instanceof Boolean) {
        tokens.add(value);
      } else if (value instanceof Number number) {
        tokens.add(exact(number, path));
      } else if (value instanceof CharSequence || value instanceof Character) {
        tokens.add(value.toString());
      } else if (value instanceof Enum<?> constant) {
        tokens.add(constant.name());
      } else if (value instanceof Instant) {
        tokens.add(value);
      } else if (value instanceof Date date) {
        tokens.add(date.toInstant());
      } else if (value instanceof byte[] bytes) {
        tokens.add(bytes.clone());
      } else {
        addContainer(value, path);
      }
    }

    private void addContainer(Object value, String path) {
      if (ancestors.size() >= MAX_DEPTH) {
        throw new DataCloneException(path + " is nested deeper than " + MAX_DEPTH + " levels");
      }
      if (ancestors.put(value, true) != null) {
        throw new DataCloneException(path + " contains itself");
      }
      if (value instanceof Map<?, ?> map) {
        addMap(map, path);
      } else if (value instanceof Collection<?> collection) {
        addAll(collection, path);
      } else if (value.getClass().isArray()) {
        addArray(value, path);
      } else if (value instanceof Record record) {
        addRecord(record, path);
      } else {
        throw new DataCloneException(
            path + " is a " + value.getClass().getName() + ", which can't enter a script");
      }
      tokens.add(Mark.END);
      ancestors.remove(value);
    }

    private void addMap(Map<?, ?> map, String path) {
      tokens.add(Mark.MAP);
      map.forEach(
          (key, value) -> {
            if (!(key instanceof CharSequence || key instanceof Enum || key instanceof Number)) {
              throw new DataCloneException(path + " has the key " + key + ", which is no text");
            }
            String text = key instanceof Enum<?> constant ? constant.name() : key.toString();
            tokens.add(text);
            add(value, path + "." + text);
          });
    }

    private void addAll(Collection<?> collection, String path) {
      tokens.add(Mark.LIST);
      int index = 0;
      for (Object each : collection) {
        add(each, path + "[" + index++ + "]");
      }
    }

    private void addArray(Object array, String path) {
      tokens.add(Mark.LIST);
      for (int i = 0; i < Array.getLength(array); i++) {
        add(Array.get(array, i), path + "[" + i + "]");
      }
    }

    private void addRecord(Record value, String path) {
      tokens.add(Mark.MAP);
      for (RecordComponent each : value.getClass().getRecordComponents()) {
        tokens.add(each.getName());
        add(read(value, each, path), path + "." + each.getName());
      }
    }

    private static @Nullable Object read(Record value, RecordComponent component, String path) {
      try {
        component.getAccessor().setAccessible(true);
        return component.getAccessor().invoke(value);
      } catch (InvocationTargetException | IllegalAccessException | RuntimeException closed) {
        DataCloneException refusal =
            new DataCloneException(path + "." + component.getName() + " can't be read");
        refusal.initCause(closed);
        throw refusal;
      }
    }

    private static Double exact(Number number, String path) {
      double asDouble = number.doubleValue();
      boolean isExact =
          number instanceof Double
              || number instanceof Float
              || (number instanceof BigDecimal decimal
                  ? Double.isFinite(asDouble) && new BigDecimal(asDouble).compareTo(decimal) == 0
                  : number instanceof BigInteger integer
                      ? integer.abs().compareTo(BigInteger.valueOf(MAX_EXACT)) <= 0
                      : Math.abs(asDouble) < MAX_EXACT);
      if (!isExact) {
        throw new DataCloneException(
            path + " is " + number + ", which a script's number can't tell exactly");
      }
      return asDouble;
    }
  }
}
