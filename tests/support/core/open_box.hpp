// The fixture of most core tests: a box that is open, with one member in its cache.
#pragma once

#include <gtest/gtest.h>

#include "support/core/box.hpp"

namespace tg::test {

class OpenBox : public testing::Test {
 protected:
  Box box;
  const Profile who = camille();
  void SetUp() override {
    box.cache.put(who);
    box.start();
  }
};

}  // namespace tg::test
