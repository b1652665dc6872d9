// Points, boxes and walls in the plan of a store, in metres. Plain values, any thread. Never rounds.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tg::sim {

struct Point {
  double x = 0, y = 0;
  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(double k, Point a) { return {k * a.x, k * a.y}; }
};
inline double length(Point a) { return std::sqrt(a.x * a.x + a.y * a.y); }
inline double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
inline double cross(Point a, Point b) { return a.x * b.y - a.y * b.x; }
inline Point unit(Point a) {
  const double l = length(a);
  return l > 0 ? (1 / l) * a : Point{1, 0};
}
/// The direction `radians` to the left of `a`.
inline Point turned(Point a, double radians) {
  const double c = std::cos(radians), s = std::sin(radians);
  return {c * a.x - s * a.y, s * a.x + c * a.y};
}

struct Segment {
  Point a, b;
};
inline bool crosses(const Segment& s, const Segment& t) {
  const Point d = s.b - s.a, e = t.b - t.a;
  const double apart = cross(d, e);
  if (apart == 0) return false;
  const double along_s = cross(t.a - s.a, e) / apart, along_t = cross(t.a - s.a, d) / apart;
  return along_s >= 0 && along_s <= 1 && along_t >= 0 && along_t <= 1;
}
inline double distance(Point p, const Segment& s) {
  const Point d = s.b - s.a;
  const double l2 = dot(d, d);
  const double t = l2 > 0 ? std::clamp(dot(p - s.a, d) / l2, 0.0, 1.0) : 0;
  return length(p - (s.a + t * d));
}

/// x0 <= x < x1, y0 <= y < y1
struct Box {
  double x0, y0, x1, y1;
  [[nodiscard]] bool contains(Point p) const { return p.x >= x0 && p.x < x1 && p.y >= y0 && p.y < y1; }
};

}  // namespace tg::sim
