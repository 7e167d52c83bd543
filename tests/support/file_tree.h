#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace assay::test {

/// A folder of its own for one test, with files in it as the test writes them: a small proc and
/// sys, say. Vanishes with the object.
class FileTree {
  public:
    FileTree() {
        std::string pattern = testing::TempDir() + "/assay_tree_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr)
            ADD_FAILURE() << "cannot make a folder in " << testing::TempDir();
        root_ = pattern;
    }
    ~FileTree() {
        std::error_code error;  // what is left lies in the folder for temporary files
        std::filesystem::remove_all(root_, error);
    }
    FileTree(const FileTree&) = delete;
    FileTree& operator=(const FileTree&) = delete;

    const std::filesystem::path& root() const { return root_; }

    /// Makes the folders on the way.
    void write(const std::filesystem::path& relative, std::string_view text) const {
        std::filesystem::create_directories((root_ / relative).parent_path());
        std::ofstream file(root_ / relative, std::ios::binary);
        file << text;
        if (!file.flush())
            ADD_FAILURE() << "cannot write " << root_ / relative;
    }
    void link(const std::filesystem::path& relative, const std::filesystem::path& target) const {
        std::filesystem::create_directories((root_ / relative).parent_path());
        std::filesystem::create_symlink(target, root_ / relative);
    }

    /// A disk in sysfs, with its number and without any facts; returns its folder.
    std::string add_disk(const std::string& name, const std::string& number) const {
        const std::string folder = "sys/devices/virtual/block/" + name;
        write(folder + "/dev", number + "\n");
        link("sys/dev/block/" + number, "../../devices/virtual/block/" + name);
        link("sys/class/block/" + name, "../../devices/virtual/block/" + name);
        return folder;
    }

  private:
    std::filesystem::path root_;
};

}  // namespace assay::test
