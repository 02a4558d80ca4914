// Predicts how late flights will come, from the figures of the day so far. It runs on a thread of its own, in Rhino.
//
// Three means, each drawn towards the one before it as long as there are few flights to tell it from:
//   1. the country's delay in each hour of the days before (delays grow in the course of a day),
//   2. how much worse than that today is,
//   3. how much worse than that an airport is today.
// "Drawn" is the usual shrinkage: n flights count n, what is believed without them counts as many as a weight says.

var WEIGHT_OF_HOUR = 20;
var WEIGHT_OF_DAY = 20;
var WEIGHT_OF_AIRPORT = 10;

onmessage = function (event) {
  postMessage(predict(event.data));
};

function predict(question) {
  var before = question.before;
  var mean = sum(before.minutes) / Math.max(1, sum(before.flights));
  var usual = before.flights.map(function (flights, hour) {
    return (before.minutes[hour] + WEIGHT_OF_HOUR * mean) / (flights + WEIGHT_OF_HOUR);
  });

  var airports = question.airports.map(function (airport) {
    return { code: airport.code, flights: sum(airport.today.flights), over: over(airport.today, usual) };
  });
  var flights = sum(airports.map(function (airport) { return airport.flights; }));
  var excess = sum(airports.map(function (airport) { return airport.over; })) / (flights + WEIGHT_OF_DAY);

  return {
    id: question.id,
    mean: mean,
    minutes: usual.map(function (minutes) { return minutes + excess; }),
    airports: airports
      .map(function (airport) {
        var more = (airport.over - airport.flights * excess) / (airport.flights + WEIGHT_OF_AIRPORT);
        return { code: airport.code, flights: airport.flights, excessMinutes: more };
      })
      .sort(function (a, b) { return b.excessMinutes - a.excessMinutes || (a.code < b.code ? -1 : 1); }),
  };
}

// By how many minutes, in all, the flights of today came later than flights of their hours usually do.
function over(today, usual) {
  return sum(today.minutes.map(function (minutes, hour) { return minutes - today.flights[hour] * usual[hour]; }));
}

function sum(numbers) {
  return numbers.reduce(function (total, number) { return total + number; }, 0);
}
