# %% [markdown]
# # 51. The lesson after, whose solutions nobody may see yet

# %%
AFTER = "secret-of-the-lesson-after"
