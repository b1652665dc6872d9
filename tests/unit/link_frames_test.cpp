// The stream between daemon and link process: what goes in comes out, whatever the cuts; bad bytes end it.
#include <gtest/gtest.h>

#include <random>

#include "adapters/link_frames.hpp"

namespace tg {
namespace {

LinkSettings full_settings() {
  LinkSettings s;
  s.url = "mqtts://cdp.example:8883";
  s.client_id = "paris-042-gw-1";
  s.v5 = false;
  s.username = "gw";
  s.password = std::string("p\0w", 3);
  s.ca_file = "ca.pem";
  s.session_expiry_s = 86400;
  s.subscriptions = {"a/#", "", "b/+"};
  s.will_topic = "state";
  s.will_payload = "{}";
  return s;
}

Publication full_publication() {
  return {.token = 0xFEDCBA9876543210u,
          .topic = "touchpoint/v1/paris-042/event/visit/started",
          .payload = std::string(100000, 'x'),
          .qos = 1,
          .retain = true,
          .expiry_s = 4294967295u,
          .content_type = "application/cloudevents+json",
          .user_properties = {{"id", "1"}, {"type", ""}}};
}

std::vector<LinkFrame> one_of_each() {
  return {full_settings(),
          LinkDrop{},
          full_publication(),
          LinkIsUp{20},
          LinkIsDown{"connection lost"},
          LinkDelivered{7, 135},
          LinkMessage{"t", "{}"},
          LinkHeartbeat{},
          LinkGoodbye{}};
}

std::string stream_of(const std::vector<LinkFrame>& frames) {
  std::string bytes;
  for (const auto& frame : frames) bytes += encode_frame(frame);
  return bytes;
}

TEST(LinkFrames, every_kind_survives_any_cut_of_the_stream) {
  const auto frames = one_of_each();
  const auto bytes = stream_of(frames);
  std::minstd_rand random(42);
  LinkFrameReader reader;
  std::string again;
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = std::min<std::size_t>(1 + random() % 5000, bytes.size() - at);
    reader.feed(std::string_view(bytes).substr(at, piece));
    at += piece;
    LinkFrame frame;
    while (true) {
      const auto more = reader.next(frame);
      ASSERT_TRUE(more.has_value()) << more.error().message;
      if (!*more) break;
      EXPECT_EQ(frame.index(), frames[count++].index());
      again += encode_frame(frame);
    }
  }
  EXPECT_EQ(count, frames.size());
  EXPECT_EQ(again, bytes);
}

TEST(LinkFrames, fields_keep_their_values) {
  LinkFrameReader reader;
  reader.feed(stream_of({full_settings(), full_publication()}));
  LinkFrame frame;
  ASSERT_TRUE(*reader.next(frame));
  const auto& settings = std::get<LinkSettings>(frame);
  EXPECT_EQ(settings.password, std::string("p\0w", 3));
  EXPECT_EQ(settings.subscriptions, (std::vector<std::string>{"a/#", "", "b/+"}));
  EXPECT_FALSE(settings.v5);
  ASSERT_TRUE(*reader.next(frame));
  const auto& publication = std::get<Publication>(frame);
  EXPECT_EQ(publication.token, 0xFEDCBA9876543210u);
  EXPECT_EQ(publication.expiry_s, 4294967295u);
  EXPECT_EQ(publication.content_type, "application/cloudevents+json");
}

TEST(LinkFrames, a_truncated_frame_waits_for_the_rest) {
  const auto bytes = encode_frame(LinkIsDown{"gone"});
  LinkFrameReader reader;
  LinkFrame frame;
  for (const char byte : bytes.substr(0, bytes.size() - 1)) {
    reader.feed({&byte, 1});
    ASSERT_FALSE(*reader.next(frame));
  }
  reader.feed({&bytes.back(), 1});
  EXPECT_TRUE(*reader.next(frame));
}

TEST(LinkFrames, an_impossible_length_is_refused_before_it_is_waited_for) {
  for (const std::string& head : {std::string("\xFF\xFF\xFF\xFF", 4), std::string("\0\0\0\0", 4)}) {
    LinkFrameReader reader;
    reader.feed(head);
    LinkFrame frame;
    EXPECT_FALSE(reader.next(frame).has_value());
  }
}

TEST(LinkFrames, a_body_that_is_too_short_or_too_long_is_refused) {
  for (const std::string& body : {std::string("\x04\x00", 2), std::string("\x04\x00\x14\x00", 4), std::string("\x63"),
                                  std::string("\x07\xFF\xFF\xFF\xFF", 5), std::string("\x00\xFF", 2)}) {
    LinkFrameReader reader;
    reader.feed(std::string("\0\0\0", 3) + static_cast<char>(body.size()) + body);
    LinkFrame frame;
    EXPECT_FALSE(reader.next(frame).has_value());
  }
}

TEST(LinkFrames, garbage_never_grows_memory_or_crashes) {
  std::minstd_rand random(7);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = stream_of(one_of_each()).substr(0, 400);
    for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    LinkFrameReader reader;
    reader.feed(bytes);
    LinkFrame frame;
    while (true) {
      const auto more = reader.next(frame);
      if (!more || !*more) break;
    }
  }
}

}  // namespace
}  // namespace tg
