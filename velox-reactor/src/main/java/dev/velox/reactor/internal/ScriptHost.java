package dev.velox.reactor.internal;

import org.jspecify.annotations.Nullable;

/**
 * What a worker's prelude (the script that makes the globals of a worker) calls. Public because
 * script engines call only what is; nothing but numbers, texts and truth values crosses it, so that
 * any engine can.
 *
 * <p>Values cross as a row of tokens. The kinds that {@link #next()} tells: 0 null, 1 false, 2
 * true, 3 number, 4 text, 5 date, 6 a list begins, 7 a map begins, 8 bytes, 9 the list or map ends.
 * In a map, keys (texts) and values take turns.
 */
public interface ScriptHost {

  /**
   * Begins to read what the worker was given when it was made.
   *
   * @return whether there is such a thing
   */
  boolean readData();

  /**
   * Goes to the next token of the value that is read.
   *
   * @return its kind
   */
  int next();

  /**
   * The number that was read, the milliseconds of the date, or the number of the bytes.
   *
   * @return the number
   */
  double number();

  /**
   * The text that was read.
   *
   * @return the text
   */
  String text();

  /**
   * One of the bytes that were read.
   *
   * @param index its index
   * @return its value, from 0 to 255
   */
  int byteAt(int index);

  /** Begins to write a value, and forgets one that was begun before. */
  void begin();

  /** Writes null. */
  void putNull();

  /**
   * Writes a truth value.
   *
   * @param value the value
   */
  void putBoolean(boolean value);

  /**
   * Writes a number.
   *
   * @param value the number
   */
  void putNumber(double value);

  /**
   * Writes a text.
   *
   * @param value the text
   */
  void putText(String value);

  /**
   * Writes a date.
   *
   * @param milliseconds since 1970
   */
  void putDate(double milliseconds);

  /**
   * Writes the beginning of bytes; so many of {@link #putByte} follow.
   *
   * @param length how many
   */
  void beginBytes(int length);

  /**
   * Writes one byte.
   *
   * @param index its index
   * @param value its value
   */
  void putByte(int index, int value);

  /** Writes the beginning of a list. */
  void beginList();

  /** Writes the beginning of a map. */
  void beginMap();

  /**
   * Writes the key of the value that follows.
   *
   * @param key the key
   */
  void key(String key);

  /** Writes the end of a list or a map. */
  void end();

  /** Posts the value that was written. */
  void post();

  /**
   * Starts a timer.
   *
   * @param id its number
   * @param milliseconds when it is due
   * @param repeats whether it is due again and again
   */
  void startTimer(int id, double milliseconds, boolean repeats);

  /**
   * Stops a timer.
   *
   * @param id its number
   */
  void stopTimer(int id);

  /**
   * Writes a line to the console.
   *
   * @param level debug, info, warn or error
   * @param line what to write
   */
  void console(String level, String line);

  /**
   * Tells of an error that the script did not handle.
   *
   * @param message what went wrong
   * @param file where, or empty
   * @param line the line in it, or -1
   * @param column the column in it, or -1
   * @param cause what Java threw, if it was that
   */
  void failed(String message, String file, int line, int column, @Nullable Object cause);

  /**
   * Ends the worker.
   *
   * @param code its exit code
   */
  void close(int code);

  /**
   * Whether the script should end.
   *
   * @return {@code true} from the abort on
   */
  boolean isAborted();

  /**
   * The worker's name.
   *
   * @return the name
   */
  String name();
}
